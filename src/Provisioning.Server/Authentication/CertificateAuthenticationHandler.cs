using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Rest;

namespace Provisioning.Server.Authentication;

/// <summary>
/// Authenticates by TLS client certificate. TLS has proven that the caller holds the private key; who that is, the row in the
/// registry says, asked again on every request. The framework's own handler for client certificates builds a chain for each
/// request, and cannot be had from the package source; this one never builds a chain.
/// </summary>
internal sealed class CertificateAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    CallerIdentification identification)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string SchemeName = "Certificate";

    private static readonly Refusal NoCredential = new(
        RefusalCode.NoCredential, "Show a client certificate that this service has issued (curl: --cert and --key).");

    private static readonly Refusal NotAllowed = new(
        RefusalCode.NotAllowed, "This certificate may not do that. GET /api/v1/self tells what it is.");

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (PresentedCertificate() is not { } presented) return AuthenticateResult.NoResult();
        var identified = await identification.IdentifyAsync(
            presented.SerialNumber, presented.Thumbprint, Context.Connection.RemoteIpAddress, Context.RequestAborted);
        if (!identified.TryGet(out var caller, out var refusal))
        {
            Context.Features.Set(refusal);
            return AuthenticateResult.Fail(refusal.Code.ToString());
        }

        Context.Features.Set(caller);
        var identity = new ClaimsIdentity(
            [new Claim(ClaimTypes.Name, caller.Actor), new Claim(ClaimTypes.Role, RoleOf(caller))], Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) =>
        Problems.WriteAsync(Context, Context.Features.Get<Refusal>() ?? NoCredential);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Problems.WriteAsync(Context, NotAllowed);

    private static string RoleOf(Caller caller) => caller switch
    {
        Caller.Administrator => Roles.Administrator,
        Caller.Registrar => Roles.Registrar,
        _ => Roles.Device,
    };

    // The certificate of a connection never changes (renegotiation is off), so it is hashed once a connection.
    private Presented? PresentedCertificate()
    {
        if (Context.Connection.ClientCertificate is not { } certificate) return null;
        var items = Context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items is not null && items.TryGetValue(typeof(Presented), out var known)) return (Presented?)known;
        var presented = Presented.Of(certificate);
        items?.Add(typeof(Presented), presented);
        return presented;
    }

    private sealed record Presented(SerialNumber SerialNumber, Digest Thumbprint)
    {
        // A serial number that cannot be ours (negative, zero, too long) leads to no row, as an unused one does.
        internal static Presented Of(X509Certificate2 certificate) => new(
            SerialNumber.TryFromOctets(certificate.SerialNumberBytes.Span, out var serialNumber) ? serialNumber : SerialNumber.NewRandom(),
            Digest.Of(certificate.RawDataMemory.Span));
    }
}
