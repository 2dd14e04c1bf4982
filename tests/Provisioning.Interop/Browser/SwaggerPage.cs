using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Provisioning.Interop.Browser;

/// <summary>Swagger UI, used as a person uses it: operations are opened, filled in, executed, and their answers read.</summary>
internal sealed class SwaggerPage
{
    private readonly IPage _page;

    private SwaggerPage(IPage page) => _page = page;

    internal static async Task<SwaggerPage> OpenAsync(Chromium browser, ServerProcess server)
    {
        var page = await browser.NewPageAsync();
        await page.GotoAsync(server.Https + "/swagger");
        await Assertions.Expect(page.Locator(".info .title")).ToContainTextAsync("Provisioning");
        return new SwaggerPage(page);
    }

    /// <summary>"Try it out" on one operation, and "Execute".</summary>
    /// <param name="operation">Its tag and its ID, with a hyphen between.</param>
    /// <param name="parameters">What to write into its fields; the others stay as the page proposes them.</param>
    /// <param name="body">What to write instead of the proposed body, or null to leave it.</param>
    /// <returns>The answer, as the page shows it.</returns>
    internal async Task<ShownAnswer> TryOutAsync(
        string operation, IReadOnlyDictionary<string, string>? parameters = null, string? body = null)
    {
        var block = _page.Locator("#operations-" + operation);
        await block.Locator(".opblock-summary-control").ClickAsync();
        await block.GetByRole(AriaRole.Button, new() { Name = "Try it out" }).ClickAsync();
        foreach (var (name, value) in parameters ?? new Dictionary<string, string>())
        {
            var field = block.Locator($"tr[data-param-name='{name}']");
            var choice = field.Locator("select");
            if (await choice.CountAsync() > 0) await choice.SelectOptionAsync(value);
            else await field.Locator("input").FillAsync(value);
        }

        if (body is not null) await block.Locator(".body-param__text").FillAsync(body);
        await block.GetByRole(AriaRole.Button, new() { Name = "Execute" }).ClickAsync();

        var answer = block.Locator(".live-responses-table .response");
        var status = answer.Locator(".response-col_status");
        await Assertions.Expect(status).ToHaveTextAsync(new Regex("[0-9]{3}"));
        var text = await answer.Locator(".highlight-code pre").First.InnerTextAsync();
        return new ShownAnswer(int.Parse((await status.InnerTextAsync()).Trim()[..3]), text);
    }

    /// <summary>Keeps a picture of one operation and its answer, beside the results of the tests.</summary>
    internal async Task KeepScreenshotAsync(string name, string operation)
    {
        await _page.Locator("#operations-" + operation).EvaluateAsync("block => block.scrollIntoView()");
        await _page.ScreenshotAsync(new() { Path = Repository.At("TestResults", name + ".png") });
    }

    /// <summary>An answer that is on the screen.</summary>
    /// <param name="Status">The status code.</param>
    /// <param name="Body">The text of the body.</param>
    internal sealed record ShownAnswer(int Status, string Body)
    {
        /// <summary>The body, read as JSON.</summary>
        internal JsonElement Json => JsonDocument.Parse(Body).RootElement;
    }
}
