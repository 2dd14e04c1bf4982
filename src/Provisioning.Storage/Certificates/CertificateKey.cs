namespace Provisioning.Storage.Certificates;

/// <summary>What a row of <c>certificates</c> is found by, also when nothing else of it can be read.</summary>
/// <param name="Serial">The octets of the serial number.</param>
/// <param name="Authority">Who has issued it.</param>
internal readonly record struct CertificateKey(byte[] Serial, string Authority)
{
    /// <summary>The serial number as the audit has it.</summary>
    public string Text => Convert.ToHexString(Serial);
}
