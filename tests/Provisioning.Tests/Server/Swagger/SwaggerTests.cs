using System.Net;
using System.Text;
using System.Text.Json;
using Provisioning.Rest;
using Provisioning.Tests.Rest;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Swagger;

public sealed class SwaggerTests(SharedRestHost shared) : IClassFixture<SharedRestHost>
{
    private readonly RestHost _host = shared.Host;

    /// <summary>Set <c>ACCEPT=1</c> to take what the server serves as the new golden file.</summary>
    [Fact]
    public async Task The_golden_file_is_what_the_server_serves()
    {
        var ct = TestContext.Current.CancellationToken;
        var path = Path.Combine(Repository.Root, "openapi.yaml");
        await using var server = await TestServer.StartAsync();
        var served = await server.Anonymous().GetStringAsync("/openapi.yaml", ct);
        if (Environment.GetEnvironmentVariable("ACCEPT") == "1") await File.WriteAllTextAsync(path, served, ct);
        var golden = await File.ReadAllTextAsync(path, ct);
        Assert.True(golden == served, "It differs from what is served; ACCEPT=1 takes that. " + Diff(golden, served));
    }

    /// <summary>A comment whose text begins beside its tag, or with a tag of its own, keeps the blanks before its further lines.</summary>
    [Fact]
    public async Task No_description_carries_the_indentation_of_the_source()
    {
        var text = (await _host.GetAsync("/openapi.yaml", null)).Text;
        Assert.DoesNotMatch(@"\\n {8}", text);
    }

    [Fact]
    public async Task Every_operation_is_described_and_says_what_it_refuses()
    {
        var document = (await _host.GetAsync("/swagger/v1/swagger.json", null)).Json;
        foreach (var (path, method, operation) in await OperationsAsync())
        {
            var name = $"{method} {path}";
            Assert.True(operation.TryGetProperty("operationId", out _), name);
            Assert.NotEmpty(operation.GetProperty("summary").GetString()!);
            Assert.NotEmpty(operation.GetProperty("description").GetString()!);
            var parameters = operation.TryGetProperty("parameters", out var found) ? found.EnumerateArray() : default;
            foreach (var parameter in parameters)
                Assert.True(parameter.TryGetProperty("description", out _), $"{name} {parameter.GetProperty("name")}");
            var responses = operation.GetProperty("responses").EnumerateObject().ToList();
            Assert.Contains(responses, response => response.Name is "200" or "201");
            foreach (var response in responses) MustBeDescribed(response.Name, Resolve(document, response.Value));
        }
    }

    [Fact]
    public void Every_code_of_the_core_is_listed_somewhere()
    {
        // The golden file is what the whole service serves, with all its doors.
        var text = File.ReadAllText(Path.Combine(Repository.Root, "openapi.yaml"));
        foreach (var code in Enum.GetValues<Core.Enrollment.RefusalCode>())
            Assert.Contains($"`{RestErrors.KindOf(code).Code}`", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_example_of_an_enrollment_works_when_executed()
    {
        var (_, _, operation) = (await OperationsAsync()).Single(found => found.Path == "/api/v1/enrollments");
        var content = operation.GetProperty("requestBody").GetProperty("content");
        var example = content.GetProperty("application/json").GetProperty("example").GetRawText();
        var answer = await _host.PostAsync("/api/v1/enrollments", RestHost.Text(example), RestHost.Admin);
        Assert.Equal(HttpStatusCode.Created, answer.Status);

        var promised = operation.GetProperty("responses").GetProperty("201").GetProperty("content")
            .GetProperty("application/json").GetProperty("example");
        Assert.Equal(Names(promised), Names(answer.Json));
        Assert.True(content.TryGetProperty("application/pkcs10", out _));
    }

    [Fact]
    public async Task The_examples_of_answers_have_the_fields_that_answers_have()
    {
        var serial = await _host.EnrollAsync("swagger-1");
        using (var manual = await _host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Put, "/api/v1/groups/manual")
        {
            Headers = { { TestCallerHandler.Header, RestHost.Admin } },
            Content = RestHost.Text("""{"approval":"manual"}"""),
        }))
        {
            Assert.Equal(HttpStatusCode.OK, manual.StatusCode);
        }

        var waiting = await _host.PostAsync(
            "/api/v1/enrollments",
            RestHost.Json(new { deviceId = "swagger-2", csr = RestHost.NewCsr("swagger-2"), group = "manual" }),
            RestHost.Line);
        Assert.Equal(HttpStatusCode.Accepted, waiting.Status);
        var request = waiting.Json.GetProperty("requestId").GetString();
        var answers = new Dictionary<string, string>
        {
            ["/api/v1/devices"] = "/api/v1/devices?prefix=swagger-1",
            ["/api/v1/devices/{deviceId}"] = "/api/v1/devices/swagger-1",
            ["/api/v1/devices/{deviceId}/certificates"] = "/api/v1/devices/swagger-1/certificates",
            ["/api/v1/devices/{deviceId}/history"] = "/api/v1/devices/swagger-1/history",
            ["/api/v1/certificates"] = "/api/v1/certificates?holder=swagger-1",
            ["/api/v1/certificates/{serialNumber}"] = "/api/v1/certificates/" + serial,
            ["/api/v1/authorities"] = "/api/v1/authorities",
            ["/api/v1/authorities/{name}"] = "/api/v1/authorities/issuing",
            ["/api/v1/groups"] = "/api/v1/groups",
            ["/api/v1/groups/{name}"] = "/api/v1/groups/default",
            ["/api/v1/groups/{name}/versions"] = "/api/v1/groups/default/versions",
            ["/api/v1/principals"] = "/api/v1/principals",
            ["/api/v1/principals/{name}"] = "/api/v1/principals/line-1",
            ["/api/v1/approvals"] = "/api/v1/approvals",
            ["/api/v1/approvals/{id}"] = "/api/v1/approvals/" + request,
            ["/api/v1/enrollments/requests/{requestId}"] = "/api/v1/enrollments/requests/" + request,
            ["/api/v1/devices/{deviceId}/refusals"] = "/api/v1/devices/swagger-1/refusals",
            ["/api/v1/imports/{importId}"] = "/api/v1/imports/x",
            ["/api/v1/imports/{importId}/problems"] = "/api/v1/imports/x/problems",
            ["/api/v1/self"] = "/api/v1/self",
            ["/api/v1/profiles"] = "/api/v1/profiles?limit=1&cursor=" + new Core.Certificates.Cursor(0, "issuing"),
            ["/api/v1/profiles/{name}"] = "/api/v1/profiles/mqtt-client",
            ["/api/v1/profiles/{name}/versions"] = "/api/v1/profiles/mqtt-client/versions",
        };
        foreach (var (path, method, operation) in await OperationsAsync())
        {
            // Lots, campaigns, forecasts, the audit, events and jobs need a real database: their own tests compare theirs.
            if (method != "get" || path == "/api/v1/exports/devices" || path.StartsWith("/api/v1/lots", StringComparison.Ordinal)
                || path.StartsWith("/api/v1/groups/{name}/campaigns", StringComparison.Ordinal)
                || path.StartsWith("/api/v1/devices/forecast", StringComparison.Ordinal) || path == "/api/v1/audit/head"
                || path.StartsWith("/api/v1/revocations", StringComparison.Ordinal) || path.StartsWith("/api/v1/webhooks", StringComparison.Ordinal)
                || path.StartsWith("/api/v1/revocation-jobs", StringComparison.Ordinal)
                || CredentialExamplesTests.Paths.Any(known => path.StartsWith(known, StringComparison.Ordinal)))
            {
                continue;
            }


            var caller = path switch
            {
                "/api/v1/self" => $"device:swagger-1:{serial}",
                "/api/v1/enrollments/requests/{requestId}" => RestHost.Line,
                _ => RestHost.Admin,
            };
            var answer = await _host.GetAsync(answers[path], caller);
            var example = operation.GetProperty("responses").GetProperty($"{(int)answer.Status}").GetProperty("content")
                .GetProperty("application/json").GetProperty("example");
            Assert.Equal(Names(example), Names(answer.Json));
        }
    }

    [Fact]
    public async Task Each_example_of_a_line_is_one_of_its_schema()
    {
        var document = (await _host.GetAsync("/swagger/v1/swagger.json", RestHost.Admin)).Json;
        var seen = 0;
        foreach (var (path, _, operation) in await OperationsAsync())
        {
            foreach (var content in LinesOf(operation))
            {
                var schema = content.GetProperty("schema").GetProperty("$ref").GetString()!.Split('/')[^1];
                var fields = document.GetProperty("components").GetProperty("schemas").GetProperty(schema).GetProperty("properties");
                Assert.All(content.GetProperty("example").EnumerateObject(), field => Assert.True(fields.TryGetProperty(field.Name, out _), $"{path} {schema} {field.Name}"));
                seen++;
            }
        }

        Assert.True(seen >= 4, $"{seen}");
    }

    [Fact]
    public async Task Who_may_enroll_with_a_token_may_collect_with_it()
    {
        foreach (var (_, _, operation) in await OperationsAsync())
        {
            var takesToken = operation.GetProperty("security").EnumerateArray().Any(one => one.TryGetProperty("enrollmentToken", out _));
            Assert.Equal(operation.GetProperty("operationId").GetString() is "enrollDevice" or "collectEnrollment", takesToken);
        }
    }

    [Fact]
    public async Task The_page_is_served_without_any_outside_asset()
    {
        var page = await _host.GetAsync("/swagger/index.html", null);
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.DoesNotContain("http://", page.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("https://", page.Text, StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith("default-src 'self'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        foreach (var asset in new[] { "index.js", "index.css", "swagger-ui.css", "swagger-ui-bundle.js" })
            Assert.Equal(HttpStatusCode.OK, (await _host.GetAsync("/swagger/" + asset, null)).Status);
        Assert.DoesNotContain("<script>", page.Text, StringComparison.OrdinalIgnoreCase);
        var script = (await _host.GetAsync("/swagger/index.js", null)).Text;
        Assert.Contains("configObject.validatorUrl = null", script, StringComparison.Ordinal);
        Assert.DoesNotContain("\"validatorUrl\":", script, StringComparison.Ordinal);
        Assert.Contains("/swagger/v1/swagger.json", script, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_description_is_openapi_3_1_1_in_yaml_and_json()
    {
        var yaml = await _host.GetAsync("/openapi.yaml", null);
        Assert.StartsWith("openapi: '3.1.1'", yaml.Text, StringComparison.Ordinal);
        Assert.Equal("application/yaml", yaml.Header("Content-Type"));
        Assert.Equal($"{yaml.Body.Length}", yaml.Header("Content-Length"));
        Assert.Equal(
            "3.1.1", (await _host.GetAsync("/swagger/v1/swagger.json", null)).Json.GetProperty("openapi").GetString());
    }

    private async Task<List<(string Path, string Method, JsonElement Operation)>> OperationsAsync()
    {
        var document = (await _host.GetAsync("/swagger/v1/swagger.json", null)).Json;
        return
        [
            .. document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
                .Select(method => (path.Name, method.Name, method.Value))),
        ];
    }

    private static IEnumerable<JsonElement> LinesOf(JsonElement operation) => operation.GetProperty("responses").EnumerateObject()
        .Select(response => response.Value)
        .Where(response => response.TryGetProperty("content", out var content) && content.TryGetProperty("application/x-ndjson", out _))
        .Select(response => response.GetProperty("content").GetProperty("application/x-ndjson"));

    // The names of all fields, in order, inside the first item of a list too.
    private static string Names(JsonElement json)
    {
        var text = new StringBuilder();
        foreach (var field in json.EnumerateObject())
        {
            text.Append(field.Name).Append(' ');
            if (field is { Name: "items", Value.ValueKind: JsonValueKind.Array }) text.Append(Names(field.Value[0]));
            if (field is { Name: not "attributes", Value.ValueKind: JsonValueKind.Object })
                text.Append(Names(field.Value));
        }

        return text.ToString();
    }

    private static void MustBeDescribed(string status, JsonElement response)
    {
        Assert.NotEmpty(response.GetProperty("description").GetString()!);
        var content = response.GetProperty("content").EnumerateObject().ToList();
        Assert.True(content[0].Value.TryGetProperty("example", out _), status);
        if (int.Parse(status, null) >= 400) Assert.Equal("application/problem+json", Assert.Single(content).Name);
    }

    private static JsonElement Resolve(JsonElement document, JsonElement response) =>
        response.TryGetProperty("$ref", out var reference)
            ? reference.GetString()!.Split('/').Skip(1).Aggregate(document, (node, name) => node.GetProperty(name))
            : response;

    private static string Diff(string golden, string served)
    {
        var (old, now) = (golden.Split('\n'), served.Split('\n'));
        var line = old.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"First at line {line + 1}: '{old.ElementAtOrDefault(line)}' became '{now.ElementAtOrDefault(line)}'.";
    }
}
