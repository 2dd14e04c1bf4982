using Provisioning.Core.Lots;

namespace Provisioning.Tests.Lots;

/// <summary>Ranges of device IDs.</summary>
public sealed class LotRangeTests
{
    [Theory]
    [InlineData("P-0001", true)]
    [InlineData("P-0020", true)]
    [InlineData("P-0000", false)]
    [InlineData("P-0021", false)]
    [InlineData("P-1", false)]
    [InlineData("P-00001", false)]
    [InlineData("P-+001", false)]
    [InlineData("P- 001", false)]
    [InlineData("p-0001", false)]
    [InlineData("Q-0001", false)]
    public void A_range_has_the_IDs_in_their_very_spelling(string id, bool isIn) =>
        Assert.Equal(isIn, new LotRange("P-", 1, 20, 4).Contains(id));

    // Each against every range of one or two digits behind every prefix that fits, by counting.
    [Fact]
    public void Ranges_overlap_when_they_have_an_ID_in_common()
    {
        string[] prefixes = ["A", "A0", "A1", "B", "A-"];
        long[] firsts = [0, 3, 9, 10, 12];
        long[] lasts = [0, 5, 9, 11, 19, 99];
        LotRange[] all =
        [
            .. from prefix in prefixes
               from width in Enumerable.Range(1, 2)
               from first in firsts
               from last in lasts
               where last >= first && last.ToString().Length <= width
               select new LotRange(prefix, first, last, width),
        ];
        var overlapping = 0;
        foreach (var one in all)
        {
            foreach (var other in all)
            {
                var common = IdsOf(one).Intersect(IdsOf(other)).Any();
                Assert.True(common == one.Overlaps(other), $"{one} {other}");
                if (common) overlapping++;
            }
        }

        Assert.InRange(overlapping, all.Length + 1, (all.Length * all.Length) - 1);
    }

    private static IEnumerable<string> IdsOf(LotRange range) =>
        Enumerable.Range(0, (int)range.Count).Select(i => range.IdOf(range.First + i));
}
