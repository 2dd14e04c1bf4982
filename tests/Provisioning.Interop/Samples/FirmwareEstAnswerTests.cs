using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop.Samples;

/// <summary>samples/firmware-c with <c>--est</c>, under the sanitizers, against a service that answers what it should not.</summary>
[Collection(FirmwareBuild.Collection)]
public sealed class FirmwareEstAnswerTests(FirmwareBuild firmware)
{
    private const int Protocol = 9;
    private const string Unreadable = "est: the answer is not";
    private const string NotOurs = "no certificate for this key and device";
    private const string Data = "1.2.840.113549.1.7.1";
    private const string SignedData = "1.2.840.113549.1.7.2";

    private static readonly Asn1Tag Tag0 = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly byte[] Stranger = SomebodysCertificate();
    private static readonly byte[] Good = Message([Stranger]);

    public static TheoryData<string> Forms { get; } =
        ["as it is", "with a line break", "in lines of 64", "in lines of 7, between white space", "in characters", "with empty lines and tabs"];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task White_space_may_be_anywhere(string form)
    {
        using var issuer = new PreparedIssuer { Form = certificate => Text(Write(form, Convert.ToBase64String(Message([certificate])))) };
        await using var service = new PreparedService(issuer.Answer);
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await EnrollAsync(service, store));
        Assert.True(await IsConfirmedAsync(store));
    }

    [Fact]
    public async Task The_certificate_of_another_key_is_refused() => await AssertAllAsync([Text(Convert.ToBase64String(Good))], NotOurs);

    [Fact]
    public async Task A_message_that_is_not_of_one_certificate_alone_is_refused()
    {
        byte[][] messages =
        [
            Message([]),
            Message([Stranger, Stranger]),
            Message([Stranger[..^1]]),
            Message([[.. Stranger, 0]]),
            Message([[0x31, .. Stranger[1..]]]),
            Message([Stranger], version: 3),
            Message([Stranger], digests: [0x30, 0x00]),
            Message([Stranger], content: [0xA0, 0x02, 0x04, 0x00]),
            Message([Stranger], revocations: [0xA1, 0x00]),
            Message([Stranger], signers: [0x30, 0x00]),
            Message([Stranger], type: Data),
            Message([Stranger], type: "1.2.840.113549.1.7.3"),
            [.. Good, 0x00],
            [.. Good, .. Good],
            Good[..^2],
            Stranger,
            [0x30, 0x80, .. Good[4..], 0x00, 0x00],
            [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, .. Good[4..]],
            [0x04, 0x02, 0x05, 0x00],
            [0x30],
            [],
        ];
        await AssertAllAsync(messages.Select(message => Text(Convert.ToBase64String(message))), Unreadable);
    }

    [Fact]
    public async Task What_is_not_base64_is_refused()
    {
        var text = Convert.ToBase64String(Good);
        var unpadded = Convert.ToBase64String(Message([SomebodysCertificate(remainder: 0)]));
        Assert.EndsWith("AA==", text, StringComparison.Ordinal);
        Assert.DoesNotContain('=', unpadded);
        await AssertAllAsync([Text(text), Text(unpadded)], NotOurs);
        string[] texts =
        [
            text[..^1], text + "=", text + "====", text + "AAAA", text[..^4] + "AB==", text[..8] + "==" + text[10..], "=" + text, "====",
            unpadded + "A", unpadded + "AA", unpadded + "A===", unpadded + "====",
            text.Replace('A', '-'), text.Replace('A', '_'), text.Insert(20, "."), text.Insert(20, "\0"), text.Insert(20, "\v"), text.Insert(20, "\u00FF"),
            "-----BEGIN PKCS7-----\n" + text + "\n-----END PKCS7-----\n",
        ];
        await AssertAllAsync([.. texts.Select(Text), Good], Unreadable);
    }

    [Fact]
    public async Task An_answer_that_is_cut_off_anywhere_is_refused()
    {
        var text = Convert.ToBase64String(Good);
        await AssertAllAsync(Enumerable.Range(0, text.Length / 9).Select(part => Text(text[..(part * 9)])), Unreadable);
    }

    [Fact]
    public async Task An_answer_with_any_octet_changed_is_refused()
    {
        var start = Good.AsSpan().IndexOf(Stranger);
        var around = Enumerable.Range(0, start + 4).Concat(Enumerable.Range(start + Stranger.Length, Good.Length - start - Stranger.Length));
        await AssertAllAsync(around.Select(place => Text(Convert.ToBase64String(Change(Good, place)))), Unreadable);
    }

    [Fact]
    public async Task The_device_s_own_certificate_with_any_octet_changed_is_never_taken_for_good()
    {
        using var issuer = new PreparedIssuer { Form = _ => [] };
        await using var service = new PreparedService(issuer.Answer);
        var length = 0;
        for (var place = 0; place == 0 || place < length; place += 17)
        {
            issuer.Form = certificate =>
            {
                length = certificate.Length;
                return Text(Convert.ToBase64String(Message([Change(certificate, Math.Min(place, length - 1))])));
            };
            var store = firmware.NewStore();
            var run = await EnrollAsync(service, store);
            Assert.True(run.ExitCode == Protocol, $"{place}: {run.ExitCode} {run.Error}");
            Assert.False(await IsConfirmedAsync(store));
        }
    }

    private static string Write(string form, string text)
    {
        return form switch
        {
            "as it is" => text,
            "with a line break" => text + "\n",
            "in lines of 64" => Lines(64, "\r\n"),
            "in lines of 7, between white space" => "\r\n \t" + Lines(7, "\n") + " \t",
            "in characters" => Lines(1, " "),
            "with empty lines and tabs" => Lines(30, "\r\n\r\n\t"),
            _ => throw new ArgumentOutOfRangeException(nameof(form)),
        };

        string Lines(int length, string end) => string.Join(end, text.Chunk(length).Select(line => new string(line)));
    }

    private static byte[] Change(byte[] octets, int place)
    {
        var changed = (byte[])octets.Clone();
        changed[place] ^= 0x40;
        return changed;
    }

    private static byte[] Text(string text) => System.Text.Encoding.Latin1.GetBytes(text);

    // Of a length that has the message end with as much padding as there can be, or with another remainder.
    private static byte[] SomebodysCertificate(int remainder = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        while (true)
        {
            using var made = new CertificateRequest("CN=firmware-prepared", key, HashAlgorithmName.SHA256)
                .CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
            if (Message([made.RawData]).Length % 3 == remainder) return made.RawData;
        }
    }

    /// <summary>A certs-only message, or what is not quite one. What is given as octets is put where it belongs, whatever it is.</summary>
    private static byte[] Message(
        byte[][] certificates, string type = SignedData, int version = 1, byte[]? digests = null, byte[]? content = null, byte[]? revocations = null,
        byte[]? signers = null)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(type);
            using (writer.PushSequence(Tag0))
            using (writer.PushSequence())
            {
                writer.WriteInteger(version);
                writer.WriteEncodedValue(Constructed(0x31, digests ?? []));
                var data = new AsnWriter(AsnEncodingRules.DER);
                data.WriteObjectIdentifier(Data);
                writer.WriteEncodedValue(Constructed(0x30, [.. data.Encode(), .. content ?? []]));
                writer.WriteEncodedValue(Constructed(0xA0, [.. certificates.SelectMany(one => one)]));
                if (revocations is not null) writer.WriteEncodedValue(revocations);
                writer.WriteEncodedValue(Constructed(0x31, signers ?? []));
            }
        }

        return writer.Encode();
    }

    // Without a look at the content, which the writer would judge.
    private static byte[] Constructed(byte tag, byte[] content) => content.Length switch
    {
        < 0x80 => [tag, (byte)content.Length, .. content],
        < 0x100 => [tag, 0x81, (byte)content.Length, .. content],
        _ => [tag, 0x82, (byte)(content.Length >> 8), (byte)content.Length, .. content],
    };

    private async Task AssertAllAsync(IEnumerable<byte[]> bodies, string complaint)
    {
        var answers = bodies.Select(body => PreparedService.Answer($"HTTP/1.1 200 OK\nContent-Length: {body.Length}", body)).ToArray();
        await using var service = new PreparedService(answers);
        for (var i = 0; i < answers.Length; i++)
        {
            var run = await EnrollAsync(service, firmware.NewStore());
            Assert.True(run.ExitCode == Protocol && run.Error.Contains(complaint), $"{i}: {run.ExitCode} {run.Error}");
        }
    }

    private Task<Tool> EnrollAsync(PreparedService service, string store) => FirmwareBuild.RunAsync(
        firmware.Sanitized,
        [
            "enroll", "--est", "--url", service.Url, "--ca", service.Certificate, "--cert", service.Certificate, "--key", service.Key,
            "--device", "firmware-prepared", "--store", store, "--attempts", "1",
        ]);

    private async Task<bool> IsConfirmedAsync(string store)
    {
        var status = await FirmwareBuild.RunAsync(firmware.Sanitized, ["status", "--store", store]);
        FirmwareBuild.Check(0, status);
        return status.Output.Contains("state          confirmed", StringComparison.Ordinal);
    }
}
