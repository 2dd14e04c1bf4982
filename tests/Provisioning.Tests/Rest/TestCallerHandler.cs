using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Rest;

namespace Provisioning.Tests.Rest;

/// <summary>
/// Stands in for mutual TLS, and keeps its side of the bargain with the door: the caller as a feature, a role claim, a
/// refusal as a feature when there was a certificate that does not authenticate. The header <c>Test-Caller</c> says who
/// calls: <c>administrator:alice</c>, <c>registrar:line-1</c>, <c>device:pump-1:SERIAL</c> or <c>refused:CODE</c>.
/// </summary>
internal sealed class TestCallerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string Header = "Test-Caller";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var parts = Request.Headers[Header].ToString().Split(':');
        if (parts[0] == "refused")
        {
            Context.Features.Set(new Refusal(Enum.Parse<RefusalCode>(parts[1]), "As the test says."));
            return Task.FromResult(AuthenticateResult.Fail("refused"));
        }

        Caller? caller = parts switch
        {
            [Roles.Administrator, var name] => new Caller.Administrator(name),
            [Roles.Registrar, var name] => new Caller.Registrar(name),
            [Roles.Device, var name, var serial] when DeviceId.TryParse(name, out var id)
                && SerialNumber.TryParse(serial, out var number) => new Caller.Device(id, number),
            _ => null,
        };
        if (caller is null) return Task.FromResult(AuthenticateResult.NoResult());

        Context.Features.Set(caller);
        Context.Features.Set<CallerNow>(_ => new ValueTask<Outcome<Caller>>(caller));
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Role, parts[0])], Scheme.Name);
        return Task.FromResult(
            AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => Problems.WriteAsync(
        Context, Context.Features.Get<Refusal>() ?? new Refusal(RefusalCode.NoCredential, "Show a certificate."));

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Problems.WriteAsync(Context, new Refusal(RefusalCode.NotAllowed, "Not for this role."));
}
