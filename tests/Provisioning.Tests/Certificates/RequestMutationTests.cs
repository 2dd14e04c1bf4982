using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

public sealed class RequestMutationTests
{
    private static readonly byte[] Algorithms = KeyProtections.Capabilities(Der.Sequence(
        KeyProtections.Capability(KeyProtections.Aes256Cbc), Der.Sequence(Der.Oid("1.2.840.113549.3.2"), Der.Integer(128))));

    // The programs that the vectors are of have no way to write the attributes of serverkeygen.
    private static readonly Dictionary<string, byte[]> Built = new()
    {
        ["a key encrypted for a secret"] = With(KeyProtections.Identifier(true, Der.Octets("7KXQ2MZ4"u8.ToArray())), Algorithms),
        ["a key encrypted for a certificate"] = With(Algorithms, KeyProtections.Identifier(false, Der.Octets(new byte[20]))),
    };

    public static TheoryData<string> Names { get; } =
        [.. Directory.GetFiles(Path.Combine(Vectors.Directory, "csr"), "*.der").Select(path => Path.GetFileName(path)), .. Built.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_damage_to_a_request_gets_an_answer(string name)
    {
        var vector = Read(name);
        var good = Requests.Accepted(vector);
        foreach (var damaged in Mutations.OfDer(vector))
        {
            var outcome = CertificationRequestReader.Read(damaged);
            // All of it is signed or the signature: nothing can be changed and still be accepted.
            if (outcome is Outcome<CertificationRequest>.Success(var request))
                Assert.Equal(good.Hash, request.Hash);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_request_that_is_cut_off_is_malformed(string name)
    {
        foreach (var cut in Mutations.Cuts(Read(name)))
            Requests.Refused(RefusalCode.Malformed, cut);
    }

    private static byte[] Read(string name) => Built.TryGetValue(name, out var built) ? built : Vectors.Read("csr", name);

    private static byte[] With(params byte[][] attributes) => new CsrBuilder { Attributes = attributes }.Build();
}
