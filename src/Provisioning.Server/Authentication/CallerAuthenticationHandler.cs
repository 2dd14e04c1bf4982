using System.Diagnostics;
using System.Net;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Est;
using Provisioning.Server.Errors;
using Provisioning.Server.Tls;

namespace Provisioning.Server.Authentication;

/// <summary>
/// Authenticates by TLS client certificate or by enrollment token. TLS has proven that the caller holds the private key; who that
/// is, the row in the registry says, asked again on every request. The framework's own handler for client certificates builds a
/// chain for each request, and cannot be had from the package source; this one never builds a chain. Who shows both is refused, but for EST,
/// which has it that a client proves itself twice: nothing here guesses which of two callers is meant.
/// </summary>
internal sealed class CallerAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    CallerIdentification identification,
    TokenIdentification tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string SchemeName = "Caller";

    private static readonly Refusal NoCredential = new(
        RefusalCode.NoCredential, "Show a client certificate that this service has issued (curl: --cert and --key), or an enrollment token.");

    private static readonly Refusal TwoCredentials = new(
        RefusalCode.TwoCredentials, "Show either the client certificate or the token: on one connection and in one request, one of them.");

    private static readonly Refusal NotAllowed = new(
        RefusalCode.NotAllowed, "This credential may not do that. GET /api/v1/self tells what a certificate is.");

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var presented = PresentedCertificate();
        var est = Context.GetEndpoint()?.Metadata.GetMetadata<EstCredentials>();
        var password = est is { TakesToken: true } ? BasicToken.Read(Request.Headers.Authorization) : null;
        var token = password ?? BearerToken.Read(Request.Headers.Authorization);
        var mayShowBoth = password is not null;
        if (presented is null && token is null) return AuthenticateResult.NoResult();
        var (certificate, address) = (Context.Connection.ClientCertificate?.RawDataMemory ?? default, Context.Connection.RemoteIpAddress);

        // Also asked by what runs beside the request, and must not look at it then. The operation was chosen by the caller's role, which is
        // the same whenever the same certificate or token is asked about.
        CallerNow now = ct => IdentifyAsync(presented, certificate, address, token, mayShowBoth, ct);
        var identified = await now(Context.RequestAborted);
        if (!identified.TryGet(out var caller, out var refusal))
        {
            Context.Features.Set(refusal);
            return AuthenticateResult.Fail(refusal.Code.ToString());
        }

        Context.Features.Set(caller);
        Context.Features.Set(now);
        if (est is not null) Context.Features.Set<IChannelBinding>(new TlsUnique(Context.Features.Get<ISslStreamFeature>()?.SslStream));
        var identity = new ClaimsIdentity(
            [new Claim(ClaimTypes.Name, caller.Actor), new Claim(ClaimTypes.Role, RoleOf(caller))], Scheme.Name);
        if (RegistrarRevocation.MayRevoke(caller)) identity.AddClaim(new Claim(ClaimTypes.Role, Roles.RevokingRegistrar));
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) =>
        DoorErrors.WriteAsync(Context, Context.Features.Get<Refusal>() ?? NoCredential);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => DoorErrors.WriteAsync(Context, NotAllowed);

    private ValueTask<Outcome<Caller>> IdentifyAsync(
        Presented? presented, ReadOnlyMemory<byte> certificate, IPAddress? address, string? token, bool mayShowBoth, CancellationToken ct) =>
        (presented, token) switch
        {
            (not null, not null) when mayShowBoth => IdentifyBothAsync(presented, certificate, address, token, ct),
            (not null, not null) => new ValueTask<Outcome<Caller>>(TwoCredentials),
            (not null, null) => identification.IdentifyAsync(presented.SerialNumber, presented.Thumbprint, certificate, address, ct),
            _ => tokens.IdentifyAsync(token!, ct),
        };

    // The certificate says who it is, and the token must be good beside it.
    private async ValueTask<Outcome<Caller>> IdentifyBothAsync(
        Presented presented, ReadOnlyMemory<byte> certificate, IPAddress? address, string token, CancellationToken ct)
    {
        var identified = await identification.IdentifyAsync(presented.SerialNumber, presented.Thumbprint, certificate, address, ct);
        if (!identified.TryGet(out var caller, out var refusal)) return refusal;
        return (await tokens.IdentifyAsync(token, ct)).TryGet(out var second, out refusal)
            ? caller with { SecondFactor = ((Caller.Token)second).Facts }
            : refusal;
    }

    private static string RoleOf(Caller caller) => caller switch
    {
        Caller.Administrator => Roles.Administrator,
        Caller.Registrar => Roles.Registrar,
        Caller.RelyingParty => Roles.RelyingParty,
        Caller.Token => Roles.Token,
        Caller.Claim => Roles.Claim,
        Caller.Birth => Roles.Birth,
        Caller.Device { IsExpired: true } => Roles.ExpiredDevice,
        Caller.Device => Roles.Device,
        _ => throw new UnreachableException(),
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
