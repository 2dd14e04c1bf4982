using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

public sealed class RequestMutationTests
{
    public static TheoryData<string> Names { get; } =
        new(Directory.GetFiles(Path.Combine(Vectors.Directory, "csr"), "*.der").Select(path => Path.GetFileName(path)));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_damage_to_a_request_gets_an_answer(string name)
    {
        var vector = Vectors.Read("csr", name);
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
        foreach (var cut in Mutations.Cuts(Vectors.Read("csr", name)))
            Requests.Refused(RefusalCode.Malformed, cut);
    }
}
