using Provisioning.Core.Credentials;
using Provisioning.Core.Groups;

namespace Provisioning.Tests.Groups;

/// <summary>Patterns of IDs, and what they cost: they are asked on every request, also before one is refused.</summary>
public sealed class IdPatternTests
{
    [Theory]
    [InlineData("PUMP-[0-9]{3}", "PUMP-123", true)]
    [InlineData("PUMP-[0-9]{3}", "PUMP-1234", false)]
    [InlineData("PUMP-[0-9]{3}", "xPUMP-123", false)]
    [InlineData("a|b", "ab", false)]
    public void A_pattern_matches_the_whole_text(string text, string id, bool isMatch)
    {
        Assert.True(IdPattern.TryParse(text, out var pattern, out _));
        Assert.Equal(isMatch, pattern.IsMatch(id));
        Assert.Equal(isMatch, IdPattern.OnRecord(text).IsMatch(id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a)|(b")]
    [InlineData("(a)\\1")]
    [InlineData("(?=a)")]
    [InlineData("a\0b")]
    [InlineData("pümp-.*")]
    [InlineData("a\n")]
    public void What_cannot_be_matched_in_linear_time_is_no_pattern_however_often_it_is_tried(string text)
    {
        for (var i = 0; i < 2; i++)
        {
            Assert.False(IdPattern.TryParse(text, out _, out var problem));
            Assert.NotEmpty(problem);
        }
    }

    [Fact]
    public void A_scope_with_a_hundred_patterns_is_built_once()
    {
        var scope = new ScopeDefinition { DeviceIdPatterns = [.. Enumerable.Range(0, 100).Select(i => $"SITE-{i}-[A-Z]{{2,9}}(-[0-9]{{1,9}})+")] };
        var first = Match(scope);
        var again = Match(scope);
        Assert.True(again < 256 * 1024, $"{first} octets at first, {again} again");

        static long Match(ScopeDefinition definition)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.True(definition.ToScope().TryGet(out var scope, out _));
            Assert.True(Core.Devices.DeviceId.TryParse("FAN-1", out var id));
            Assert.False(scope.AllowsDevice(id));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Patterns_on_record_that_match_nothing_cost_next_to_nothing()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 2_000; i++) _ = IdPattern.OnRecord($"RECORD-{i}-[A-Z]+");
        var spent = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(spent < 4 << 20, $"{spent} octets");
    }
}
