using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;
using Provisioning.Server.Configuration;
using Provisioning.Server.Verbs;

namespace Provisioning.Server;

/// <summary>From the arguments to a verb or to the running server, and from a problem to a sentence and an exit code.</summary>
internal static class CommandLine
{
    private const int Failed = 1;

    // SslStream let some clients around their authorization before this one; a certificate authority does not run on less.
    private static readonly Version OldestRuntime = new(10, 0, 10);

    internal static int Help()
    {
        Console.WriteLine($"""
            Provisioning: a private certificate authority for devices.

            (nothing)                                  run the server
            {AuditVerb.Usage}
            {ClockVerb.Usage}
            {RolloverVerb.Usage}
            {InitVerb.Usage}
            """);
        return 0;
    }

    /// <summary>Runs a verb with the server's configuration.</summary>
    internal static async Task<int> RunAsync(
        string[] args, Func<ServerOptions, IReadOnlyDictionary<string, string>, TextWriter, Task<int>> verb)
    {
        try
        {
            var (own, host) = Split(args);
            return await verb(Settings.Read(CreateBuilder(host).Configuration), own, Console.Out);
        }
        catch (Exception problem) when (problem is StartupException or InvalidDataException or StorageUnavailableException
            or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            // What an operator can do something about: a sentence instead of a stack trace.
            await Console.Error.WriteLineAsync((problem is IssuanceRefusedException refused ? StartupException.Of(refused) : problem).Message);
            return Failed;
        }
    }

    /// <summary>Runs the server until it is asked to stop.</summary>
    internal static async Task<int> ServeAsync(string[] args)
    {
        try
        {
            if (Environment.Version < OldestRuntime)
                throw new StartupException($"The .NET runtime {Environment.Version} has known holes in TLS; install {OldestRuntime} or later.");
            var builder = CreateBuilder(args);
            var isDevelopment = builder.Environment.IsDevelopment();
            var options = Settings.Read(builder.Configuration);
            await using var instance = await Instance.OpenAsync(options, isDevelopment, TimeProvider.System, default);
            using var authorities = await LoadAuthoritiesAsync(instance, isDevelopment);
            await using var app = await ServerHost.BuildAsync(builder, instance, authorities);
            await app.StartAsync();
            Announcement.Write(Console.Out, app, instance);
            await app.WaitForShutdownAsync();
            return Environment.ExitCode;
        }
        catch (StartupException problem)
        {
            await Console.Error.WriteLineAsync(problem.Message);
            return Failed;
        }
        catch (IOException problem) when (problem.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            // The usual reason why a server does not start deserves a sentence instead of a stack trace.
            await Console.Error.WriteLineAsync(problem.Message + " Set Provisioning__HttpsPort and Provisioning__HttpPort.");
            return Failed;
        }
    }

    internal static WebApplicationBuilder CreateBuilder(string[] args) => WebApplication.CreateBuilder(new WebApplicationOptions
    {
        // The program's own folder: watching a large working directory for changes makes the start seconds slower.
        ContentRootPath = AppContext.BaseDirectory,
        Args = ["--hostBuilder:reloadConfigOnChange=false", .. args],
    });

    /// <summary>Loads the authorities; in Development they are made when there are none.</summary>
    internal static async Task<AuthorityDirectory> LoadAuthoritiesAsync(Instance instance, bool isDevelopment)
    {
        try
        {
            await instance.RecoverAsync();
            if (isDevelopment)
            {
                var section = instance.Options.Authority;
                await instance.Setup.CreateAsync(
                    new AuthorityOptions
                    {
                        KeyAlgorithm = section.KeyAlgorithm,
                        RootName = section.RootName,
                        IssuingName = section.IssuingName,
                    },
                    default);
            }
            else if (!await instance.Setup.ExistsAsync(default))
            {
                throw new StartupException(
                    $"There are no authorities in '{instance.Data.Path}'. Make them first: run this program with the argument init "
                    + "(--help shows how to bring your own root), or set ASPNETCORE_ENVIRONMENT=Development to try it out.");
            }

            var authorities = await instance.Setup.LoadAllAsync(default);
            if (isDevelopment) await instance.Credentials.EnsureAsync(authorities, default);
            return authorities;
        }
        catch (InvalidDataException problem)
        {
            throw new StartupException(problem.Message, problem);
        }
        catch (IssuanceRefusedException problem)
        {
            throw StartupException.Of(problem);
        }
    }

    // "--Provisioning:…" belongs to the configuration, any other "--name [value]" to the verb.
    private static (Dictionary<string, string> Own, string[] Host) Split(string[] args)
    {
        var own = new Dictionary<string, string>();
        var host = new List<string>();
        for (var i = 1; i < args.Length; i++)
        {
            var isHost = args[i].StartsWith("--" + ServerOptions.Section, StringComparison.OrdinalIgnoreCase);
            var value = i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal) && !args[i].Contains('=') ? args[i + 1] : null;
            if (isHost) host.AddRange(value is null ? [args[i]] : [args[i], value]);
            else own[args[i]] = value ?? "";
            if (value is not null) i++;
        }

        return (own, [.. host]);
    }
}
