using System.Globalization;
using System.Net;

namespace Provisioning.Tests.Server.Est;

/// <summary>Looks at a refusal as EST clients do: the status, and one line of plain text that begins with the code.</summary>
internal static class EstRefusal
{
    internal static async Task<string> IsAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{(int)answer.StatusCode} {text}");
        Assert.Equal("text/plain; charset=utf-8", Assert.Single(answer.Content.Headers.NonValidated["Content-Type"]));
        Assert.Equal(System.Text.Encoding.UTF8.GetByteCount(text), answer.Content.Headers.ContentLength);
        Assert.StartsWith(code + ": ", text, StringComparison.Ordinal);
        Assert.Equal(text.Length - 1, text.IndexOfAny(['\r', '\n']));
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        Assert.Equal(code, Assert.Single(answer.Headers.GetValues("Provisioning-Error")));
        CheckHeaders(answer);
        EstCalls.CheckTime(answer);
        answer.Dispose();
        return text;
    }

    // What a client does next is in the headers: ask for a password, come back later, or nothing.
    private static void CheckHeaders(HttpResponseMessage answer)
    {
        if (answer.StatusCode == HttpStatusCode.Unauthorized)
            Assert.Equal("Basic realm=\"provisioning\"", Assert.Single(answer.Headers.GetValues("WWW-Authenticate")));
        else
            Assert.False(answer.Headers.Contains("WWW-Authenticate"));
        var comesBack = answer.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable;
        if (comesBack || answer.Headers.Contains("Retry-After"))
            Assert.InRange(int.Parse(Assert.Single(answer.Headers.GetValues("Retry-After")), CultureInfo.InvariantCulture), 1, int.MaxValue);
    }
}
