using System.Numerics;
using System.Security.Cryptography;

using Provisioning.Core.Certificates;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

/// <summary>
/// No request costs more than 10 ms and 1 MiB, good or bad. Measured on the thread, so that other tests do not count,
/// as the best of several rounds, so that a collection or a cold cache does not either.
/// </summary>
public sealed class RequestCostTests
{
    private const int Rounds = 10;

    // The kernel books a thread's time at its ticks of 4 ms or so: this many runs make that a fraction of the limit.
    private const int Runs = 20;

    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(10);

    public static TheoryData<string> Names => new(Inputs.Keys);

    private static Dictionary<string, byte[]> Inputs { get; } = new()
    {
        ["16 KiB of nothing"] = new byte[16 * 1024],
        ["16 KiB of FF"] = [.. Enumerable.Repeat((byte)0xFF, 16 * 1024)],
        ["8000 empty elements"] = Der.Sequence(new byte[16_000]),
        ["nested 4000 deep"] = Der.Nested(4_000),
        ["8 attributes of 2 KiB"] = new CsrBuilder
        {
            Attributes = [.. Enumerable.Range(0, 8).Select(i => CsrBuilder.Attribute($"1.2.3.{i}", new byte[1_900]))],
        }.Build(),
        ["32 extensions of 400 octets"] = new CsrBuilder
        {
            Extensions =
                [.. Enumerable.Range(0, 32).Select(i => CsrBuilder.Extension($"1.2.3.{i}", Der.Octets(new byte[400])))],
        }.Build(),
        ["64 A-labels"] = new CsrBuilder
        {
            Extensions =
            [
                CsrBuilder.AlternativeNames(
                    [.. Enumerable.Repeat(Der.Tlv(0x82, "xn--wgv71a119e.xn--wgv71a119e.xn--p1ai"u8.ToArray()), 64)]),
            ],
        }.Build(),
        ["RSA 4096, good"] = Vectors.Read("csr", "openssl-rsa4096-plain.der"),
        ["RSA 4096, random"] = CsrBuilder.WithModulus(Coprime(4096)),
        ["RSA 4096, ROCA"] = CsrBuilder.WithModulus(RsaNumbers.Roca(4096)),
        ["RSA 4096, close factors"] = CsrBuilder.WithModulus(RsaNumbers.WithCloseFactors(4096, 1028)),
        ["RSA 32768"] = CsrBuilder.WithModulus(RsaNumbers.OfBits(32768)),
        ["P-384, good"] = Vectors.Read("csr", "openssl-p384-plain.der"),
        ["P-521, good"] = Vectors.Read("csr", "openssl-p521-plain.der"),
        ["P-521, forged"] = Forged(ECCurve.NamedCurves.nistP521),
        ["16 KiB of BEGIN lines"] = Text(
            string.Concat(Enumerable.Repeat("-----BEGIN CERTIFICATE REQUEST-----\n", 455))),
        ["16 KiB of dashes"] = Text(new string('-', 16 * 1024)),
        ["16 KiB of one character a line"] = Text(
            "-----BEGIN CERTIFICATE REQUEST-----\n" + string.Concat(Enumerable.Repeat("A\n", 8_100))
            + "-----END CERTIFICATE REQUEST-----\n"),
    };

    // C_12, C_13, C_15, K_02, P_06
    [Theory]
    [MemberData(nameof(Names))]
    public void A_request_costs_at_most_10_ms_and_1_MiB(string name)
    {
        var input = Inputs[name];
        Decode(input); // once for what is made only once
        var before = GC.GetAllocatedBytesForCurrentThread();
        Decode(input);
        var memory = GC.GetAllocatedBytesForCurrentThread() - before;
        var time = Measured.LeastThreadTime(Rounds, Limit * Runs, () =>
        {
            for (var run = 0; run < Runs; run++)
                Decode(input);
        }) / Runs;

        TestContext.Current.TestOutputHelper!.WriteLine($"{name}: {time.TotalMicroseconds:F0} us, {memory} octets");
        Assert.True(time <= Limit, $"{time.TotalMilliseconds} ms");
        Assert.True(memory < 1 << 20, $"{memory} octets");
    }

    private static void Decode(byte[] input)
    {
        if (CertificationRequestText.ToDer(input.AsSpan()) is Outcome<byte[]>.Success(var der))
            CertificationRequestReader.Read(der);
    }

    private static BigInteger Coprime(int bits)
    {
        var number = RsaNumbers.OfBits(bits);
        while (Enumerable.Range(3, 1100).Any(divisor => number % divisor == 0))
            number += 2;
        return number;
    }

    private static byte[] Forged(ECCurve curve)
    {
        using var key = ECDsa.Create(curve);
        using var other = ECDsa.Create(curve);
        return new CsrBuilder { Key = other, KeyInfo = key.ExportSubjectPublicKeyInfo() }.Build();
    }

    private static byte[] Text(string text) => System.Text.Encoding.ASCII.GetBytes(text);
}
