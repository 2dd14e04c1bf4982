using System.Security.Cryptography.X509Certificates;
using Provisioning.Cli;
using Provisioning.Cli.Files;

namespace Provisioning.Tests.Cli;

public sealed class KeyPairFilesTests : IDisposable
{
    private static readonly X500DistinguishedName Subject = new("CN=pump-1");
    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _root = TestCertificates.SelfSigned("root");

    private KeyPairFiles Files => KeyPairFiles.Of(_folder.Path, "pump-1");

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_private_key_is_readable_by_its_owner_alone_from_the_first_byte_on()
    {
        if (OperatingSystem.IsWindows()) return;
        using var pair = PendingPair.Open(Files, Subject, null, isNew: false);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Files.PendingKey));
    }

    [Theory]
    [InlineData("p256")]
    [InlineData("p384")]
    [InlineData("rsa2048")]
    public void A_run_that_was_cut_short_goes_on_with_its_key_and_its_request(string kind)
    {
        using var first = PendingPair.Open(Files, Subject, kind, isNew: false);
        using var second = PendingPair.Open(Files, Subject, null, isNew: true);
        Assert.Equal(kind, second.Key.Kind);
        Assert.Equal(first.Request.Pem, second.Request.Pem);
        Assert.True(second.Key.Matches(second.Request.PublicKey.Span));
    }

    [Fact]
    public void A_request_of_another_key_is_made_again()
    {
        using var first = PendingPair.Open(Files, Subject, null, isNew: false);
        File.Delete(Files.PendingKey);
        using var second = PendingPair.Open(Files, Subject, null, isNew: false);
        Assert.True(second.Key.Matches(second.Request.PublicKey.Span));
        Assert.NotEqual(first.Request.Pem, second.Request.Pem);
    }

    [Fact]
    public void A_key_that_is_there_is_used_and_never_overwritten()
    {
        Install(isNew: false);
        var key = File.ReadAllText(Files.Key);
        Install(isNew: false);
        Assert.Equal(key, File.ReadAllText(Files.Key));
        Assert.Equal(["pump-1.csr", "pump-1.key", "pump-1.pem"], _folder.Files);
    }

    [Fact]
    public void A_key_of_another_kind_than_asked_for_is_not_replaced_silently()
    {
        Install(isNew: false);
        var failure = Assert.Throws<FailureException>(() => PendingPair.Open(Files, Subject, "p384", isNew: false));
        Assert.Equal(ExitCode.Usage, failure.ExitCode);
        Assert.Contains("--force", failure.Message, StringComparison.Ordinal);
    }

    // Every moment of a renewal at which the power may fail: how many files were already written or renamed.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void After_a_power_cut_one_whole_pair_is_there_and_the_next_run_puts_it_in_place(int steps)
    {
        Install(isNew: false);
        var old = File.ReadAllText(Files.Certificate);
        using (var pair = PendingPair.Open(Files, Subject, null, isNew: true))
        {
            using var certificate = TestCertificates.Issue(_root, pair.Request.Pem);
            Action[] all =
            [
                () => File.WriteAllText(Files.PendingCertificate, certificate.ExportCertificatePem()),
                () => AtomicFile.Move(Files.PendingKey, Files.Key),
                () => AtomicFile.Move(Files.PendingRequest, Files.Request),
                () => AtomicFile.Move(Files.PendingCertificate, Files.Certificate),
            ];
            foreach (var step in all.Take(steps)) step();
        }

        Files.Recover();

        AssertPairWorks();
        Assert.Equal(steps == 0, old == File.ReadAllText(Files.Certificate));
        Assert.Equal(steps == 0, File.Exists(Files.PendingKey));
        Assert.False(File.Exists(Files.PendingCertificate));
    }

    [Fact]
    public void A_pending_certificate_of_no_key_here_is_dropped_and_the_pair_stays()
    {
        Install(isNew: false);
        File.WriteAllText(Files.PendingCertificate, _root.ExportCertificatePem());
        Files.Recover();
        AssertPairWorks();
        Assert.Equal(["pump-1.csr", "pump-1.key", "pump-1.pem"], _folder.Files);
    }

    [Fact]
    public void A_file_that_must_not_be_there_yet_is_made_once_and_left_as_it_is_afterwards()
    {
        Assert.True(AtomicFile.TryCreate(_folder.At("key"), "one", AtomicFile.OwnerOnly));
        Assert.False(AtomicFile.TryCreate(_folder.At("key"), "two", AtomicFile.OwnerOnly));
        Assert.Equal("one", File.ReadAllText(_folder.At("key")));
        Assert.Equal(["key"], _folder.Files);
    }

    private void Install(bool isNew)
    {
        using var pair = PendingPair.Open(Files, Subject, null, isNew);
        using var certificate = TestCertificates.Issue(_root, pair.Request.Pem);

        // With its issuer behind it, as the real file has it.
        Files.Install(certificate.ExportCertificatePem() + "\n" + _root.ExportCertificatePem() + "\n");
        AssertPairWorks();
    }

    private void AssertPairWorks()
    {
        using var pair = X509Certificate2.CreateFromPemFile(Files.Certificate, Files.Key);
        Assert.True(pair.HasPrivateKey);
    }
}
