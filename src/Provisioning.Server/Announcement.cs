using Microsoft.AspNetCore.Hosting.Server.Features;
using Provisioning.Core.Authorities;
using Microsoft.AspNetCore.Hosting.Server;

namespace Provisioning.Server;

/// <summary>Tells a person at the terminal where everything is.</summary>
internal static class Announcement
{
    internal static void Write(TextWriter output, WebApplication app, Instance instance)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        output.WriteLine($"""
            Provisioning is ready.
              REST and Swagger UI   {addresses.First(address => address.StartsWith("https", StringComparison.Ordinal))}/swagger
              CRL, CA, health       {addresses.First(address => address.StartsWith("http:", StringComparison.Ordinal))}/health/ready
              trust anchor          {instance.Data.CertificateFile(AuthorityDirectory.RootName)}
              credentials           {instance.Data.Credentials}
              database              {instance.Database.Description}
            """);
    }
}
