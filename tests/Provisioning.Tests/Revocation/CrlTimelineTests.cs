using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

/// <summary>What one CRL after the other lists, whatever happens in between.</summary>
public sealed class CrlTimelineTests
{
    private const int Steps = 400;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task I_18_every_revoked_certificate_is_listed_until_a_CRL_from_after_its_expiry_and_nothing_else_goes_but_what_was_released(int seed)
    {
        var random = new Random(seed);
        using var timeline = new Timeline();
        await timeline.RebuildAsync();
        for (var step = 0; step < Steps; step++)
        {
            switch (random.Next(7))
            {
                case 0 or 1:
                    timeline.Issue(TimeSpan.FromMinutes(random.Next(30, 60 * 72)));
                    break;
                case 2:
                    await timeline.RevokeAsync(random, RevocationReason.Superseded);
                    break;
                case 3:
                    await timeline.RevokeAsync(random, RevocationReason.CertificateHold);
                    break;
                case 4:
                    await timeline.ReleaseAsync(random);
                    break;
                case 5:
                    // Sometimes the service stands still for longer than its CRLs are valid.
                    timeline.Pass(TimeSpan.FromMinutes(random.Next(10) == 0 ? random.Next(60 * 100) : random.Next(60 * 12)), restarts: random.Next(4) == 0);
                    break;
                default:
                    await timeline.RebuildAsync();
                    break;
            }
        }

        await timeline.RebuildAsync();
        Assert.True(timeline.Gone > 0, "No certificate has left a CRL: the timeline was too short.");
    }

    /// <summary>A CRL house, and beside it what must be true of it.</summary>
    private sealed class Timeline : IDisposable
    {
        private readonly CrlHouse _house = new();
        private readonly List<CertificateRecord> _issued = [];
        private readonly HashSet<SerialNumber> _told = [];
        private HashSet<SerialNumber> _listed = [];
        private DateTimeOffset _listedAt = DateTimeOffset.MaxValue;

        /// <summary>How often a certificate was on a CRL and, revoked still, not on the next.</summary>
        public int Gone { get; private set; }

        private DateTimeOffset Now => _house.Time.GetUtcNow();

        public void Issue(TimeSpan lifetime)
        {
            var row = CertificateRows.NewRow(notAfter: Now + lifetime);
            _house.Store.Add(row);
            _issued.Add(row);
        }

        public async Task RevokeAsync(Random random, RevocationReason reason)
        {
            var good = _issued.Where(row => _house.Store.Find(row.SerialNumber)!.State == CertificateState.Current && row.NotAfter >= Now).ToList();
            if (good.Count > 0) await _house.Store.RevokeAsync(good[random.Next(good.Count)].SerialNumber, reason, "alice", Now, default);
        }

        public async Task ReleaseAsync(Random random)
        {
            var held = _issued.Where(row => _house.Store.Find(row.SerialNumber)!.State == CertificateState.Held).ToList();
            if (held.Count == 0) return;
            var released = held[random.Next(held.Count)].SerialNumber;
            await _house.Store.ReleaseAsync(released, "alice", Now, default);
            _told.Remove(released);
        }

        public void Pass(TimeSpan time, bool restarts)
        {
            _house.Time.Advance(time);
            if (!restarts) return;
            _house.Restart();
            _house.Published.Load(_house.Authorities.Issuing);
        }

        public async Task RebuildAsync()
        {
            await _house.PublishAsync();
            var at = _house.Read().ThisUpdate;
            var crl = CertificateRevocationListBuilder.Load(_house.Octets, out _);
            var listed = _issued.Where(row => crl.RemoveEntry(row.SerialNumber.ToOctets())).Select(row => row.SerialNumber).ToHashSet();
            foreach (var row in _issued)
            {
                var isRevoked = _house.Store.Find(row.SerialNumber)!.RevokedAt is not null;
                var isListed = listed.Contains(row.SerialNumber);
                if (!isRevoked) Assert.False(isListed);
                else if (row.NotAfter >= at || !_told.Contains(row.SerialNumber)) Assert.True(isListed);
                else if (_listed.Contains(row.SerialNumber) && !isListed) Assert.True(_listedAt > row.NotAfter);
                if (isRevoked && _listed.Contains(row.SerialNumber) && !isListed) Gone++;
                if (isListed && at > row.NotAfter) _told.Add(row.SerialNumber);
            }

            (_listed, _listedAt) = (listed, at);
        }

        public void Dispose() => _house.Dispose();
    }
}
