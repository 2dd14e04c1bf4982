using System.Text;
using Microsoft.AspNetCore.Http;
using Provisioning.Core.Authorities;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Answers;

/// <summary>Writes a certificate in a form that is not JSON.</summary>
internal static class EncodedCertificate
{
    internal static Task WriteAsync(
        HttpResponse response, AnswerForm form, ReadOnlyMemory<byte> der, IReadOnlyList<ReadOnlyMemory<byte>> chain) =>
        form == AnswerForm.Der
            ? BufferedBody.WriteAsync(response, MediaTypes.Certificate, der)
            : BufferedBody.WriteAsync(
                response, MediaTypes.Chain, Encoding.ASCII.GetBytes(CertificatePem.Write([der, .. chain])));
}
