using System.Buffers;
using System.Security.Cryptography;

namespace Provisioning.Core.Authorities;

/// <summary>The passphrase of the key files: from the environment, or from a file that nobody else can read.</summary>
public static class Passphrase
{
    // Passwords that people choose are stretched; reading a key is paid once for each start.
    private const int OfPeople = 200_000;
    private const int OfMachines = 1000;
    private const int RandomOctets = 32;

    // Says that what follows was made here. What only looks random may be a hash of a word.
    private const string Made = "made-";

    private static readonly SearchValues<char> UpperHex = SearchValues.Create("0123456789ABCDEF");

    /// <summary>
    /// How often PBKDF2 stretches a passphrase (RFC 8018 §5.2). One of 256 random bits, as <see cref="CreateFile"/> makes it, cannot be
    /// guessed however fast guessing is: stretching it would only slow every start down.
    /// </summary>
    /// <param name="passphrase">The passphrase.</param>
    /// <returns>The iterations; at least the 1000 of RFC 8018 §4.2.</returns>
    public static int IterationsFor(string passphrase) =>
        passphrase.StartsWith(Made, StringComparison.Ordinal) && passphrase.Length == Made.Length + (RandomOctets * 2)
        && passphrase.AsSpan(Made.Length).IndexOfAnyExcept(UpperHex) < 0
            ? OfMachines
            : OfPeople;

    /// <summary>Reads a passphrase file.</summary>
    /// <param name="path">The file; its first line counts.</param>
    /// <returns>The passphrase.</returns>
    /// <exception cref="InvalidDataException">Others may read it, or it is empty; the message says what to do.</exception>
    public static string ReadFile(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~DurableFile.OwnerOnly) != 0)
            throw new InvalidDataException($"The passphrase file '{path}' must have mode 0600: run chmod 600 '{path}'.");
        var passphrase = File.ReadLines(path).FirstOrDefault();
        return string.IsNullOrEmpty(passphrase)
            ? throw new InvalidDataException($"The passphrase file '{path}' is empty.")
            : passphrase;
    }

    /// <summary>Makes a passphrase of 256 random bits and writes it to a file with mode 0600.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The passphrase.</returns>
    public static string CreateFile(string path)
    {
        var passphrase = Made + Convert.ToHexString(RandomNumberGenerator.GetBytes(RandomOctets));
        DurableFile.Write(path, System.Text.Encoding.ASCII.GetBytes(passphrase + "\n"), DurableFile.OwnerOnly);
        return passphrase;
    }
}
