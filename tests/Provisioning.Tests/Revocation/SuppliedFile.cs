namespace Provisioning.Tests.Revocation;

/// <summary>The file in which an operator brings the root's CRL.</summary>
internal sealed class SuppliedFile(CrlHouse house)
{
    private readonly string _path = Path.Combine(house.Options.SuppliedDirectory, "root.crl");
    private DateTime _written;

    /// <summary>Replaces it. The time stamps of two files that one test writes at once may be equal; these are not.</summary>
    public void Write(byte[] crl)
    {
        File.WriteAllBytes(_path, crl);
        var now = File.GetLastWriteTimeUtc(_path);
        _written = now > _written ? now : _written.AddSeconds(1);
        File.SetLastWriteTimeUtc(_path, _written);
    }
}
