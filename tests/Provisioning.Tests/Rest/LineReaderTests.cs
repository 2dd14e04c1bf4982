using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Provisioning.Rest.Bulk;

namespace Provisioning.Tests.Rest;

/// <summary>Bodies that come line by line, and those that do not come.</summary>
public sealed class LineReaderTests
{
    [Fact]
    public async Task Who_sends_nothing_for_five_minutes_is_told_that_it_took_too_long()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var body = new Pipe();
        await using var lines = LineReader.ReadAsync(body.Reader, time, default).GetAsyncEnumerator();
        await body.Writer.WriteAsync("first\nsec"u8.ToArray());
        Assert.True(await lines.MoveNextAsync());
        var next = lines.MoveNextAsync().AsTask();
        await time.WhenArmedAsync(1, LineReader.Patience);
        time.Advance(TimeSpan.FromMinutes(4));
        await body.Writer.WriteAsync("ond\n"u8.ToArray());
        Assert.True(await next);
        Assert.Equal("second"u8.ToArray(), lines.Current.Bytes.ToArray());

        next = lines.MoveNextAsync().AsTask();
        await time.WhenArmedAsync(1, LineReader.Patience);
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(StatusCodes.Status408RequestTimeout, (await Assert.ThrowsAsync<BadHttpRequestException>(() => next)).StatusCode);
    }
}
