namespace Provisioning.Cli.Options;

/// <summary>Device IDs, where they name files here: their form is checked before the service can do so.</summary>
internal static class DeviceIds
{
    /// <summary>What they look like.</summary>
    internal const string Rule = "The ID of the device: 1 to 64 of A-Z a-z 0-9 . _ - : and starting with a letter or a digit.";

    /// <summary>Gives back what is an ID.</summary>
    /// <exception cref="FailureException">It is none.</exception>
    internal static string Check(string id) =>
        id is [var first, ..] && id.Length <= 64 && char.IsAsciiLetterOrDigit(first)
            && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or ':')
            ? id
            : throw FailureException.Usage(Rule);
}
