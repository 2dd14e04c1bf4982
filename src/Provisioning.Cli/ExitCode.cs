namespace Provisioning.Cli;

/// <summary>What scripts switch on. The numbers never change.</summary>
internal enum ExitCode
{
    /// <summary>Done.</summary>
    Success = 0,

    /// <summary>Anything else: a file that cannot be written, a service that is not to be trusted, or fails.</summary>
    Failed = 1,

    /// <summary>The command line, or a file that it names, cannot be used; nothing was sent.</summary>
    Usage = 2,

    /// <summary>The service understood and refused; the same request will be refused again.</summary>
    Refused = 3,

    /// <summary>The caller showed no credential that the service accepts, or one that may not do this.</summary>
    NotAllowed = 4,

    /// <summary>No answer, or "not now", for as long as --timeout allowed. Running it again later is safe.</summary>
    Unavailable = 5,

    /// <summary>No such device, certificate or authority.</summary>
    NotFound = 6,

    /// <summary>Done as far as it was possible: some rows or units of a list were refused, or wait for somebody.</summary>
    Incomplete = 7,

    /// <summary>Ctrl-C or SIGTERM (128 + SIGINT, as shells count).</summary>
    Interrupted = 130,
}
