using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Provisioning.Rest.Wire;

/// <summary>
/// Reads a JSON body: UTF-8, one value, no comments, no trailing comma, no unknown and no repeated field, no null where
/// a value belongs. What is wrong is said with a pointer to the field (RFC 6901).
/// </summary>
internal static class StrictJson
{
    private const int MaxPointerLength = 128;

    internal static Checked<T> Read<T>(ReadOnlyMemory<byte> body)
        where T : class
    {
        if (!Utf8.IsValid(body.Span)) return RestErrors.Malformed("The body is not UTF-8.");
        var type = RestJson.TypeOf<T>();
        try
        {
            return JsonSerializer.Deserialize(body.Span, type) is { } document
                ? document
                : RestErrors.Malformed("The body is null; send a JSON object.", string.Empty);
        }
        catch (JsonException problem)
        {
            return Explain(problem, body.Span, type);
        }
    }

    private static Problem Explain(JsonException problem, ReadOnlySpan<byte> body, JsonTypeInfo type)
    {
        if (problem.InnerException is JsonException)
        {
            return RestErrors.Malformed(
                $"The body is not well-formed JSON, or is nested too deeply (line {problem.LineNumber + 1}, "
                + $"byte {problem.BytePositionInLine + 1}).");
        }

        var pointer = ToPointer(problem.Path);
        if (pointer.Length == 0 && FindMissing(body, type) is { } missing)
            return RestErrors.Malformed($"The field '{missing}' is missing.", "/" + missing);

        var known = type.Properties.Select(property => property.Name).ToList();
        if (pointer.Length > 0 && !known.Contains(pointer[1..].Split('/')[0]))
        {
            var names = string.Join(", ", known);
            return RestErrors.Malformed($"There is no such field here. Known are: {names}.", pointer);
        }

        // The runtime tells repeated fields apart by its sentence only; a wrong guess costs no more than the better
        // text.
        return problem.Message.StartsWith("Duplicate", StringComparison.Ordinal)
            ? RestErrors.Malformed("The field occurs twice.", pointer)
            : RestErrors.Malformed("The value is null, of the wrong type, or not proper Unicode text.", pointer);
    }

    // The first required field that an otherwise readable object does not have.
    private static string? FindMissing(ReadOnlySpan<byte> body, JsonTypeInfo type)
    {
        var present = new HashSet<string>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(body);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                present.Add(reader.GetString()!);
                reader.Skip();
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Not readable to its end (a lone surrogate in a name is the second case): then nothing can be called
            // missing.
            return null;
        }

        return type.Properties.Where(property => property.IsRequired)
            .Select(property => property.Name)
            .FirstOrDefault(name => !present.Contains(name));
    }

    /// <summary>Turns the runtime's path (<c>$.a['b.c'][0]</c>) into a JSON pointer (<c>/a/b.c/0</c>).</summary>
    internal static string ToPointer(string? path)
    {
        var pointer = string.Empty;
        for (var rest = (path ?? "$").AsSpan(1); !rest.IsEmpty && pointer.Length < MaxPointerLength;)
        {
            var (start, end, next) = rest switch
            {
                ['[', '\'', ..] => Quoted(rest),
                ['[', ..] when rest.Contains(']') => (1, rest.IndexOf(']'), rest.IndexOf(']') + 1),
                _ => Plain(rest),
            };
            pointer = Append(pointer, rest[start..end].ToString());
            rest = rest[next..];
        }

        return pointer;
    }

    /// <summary>Goes one step down. What the caller chose as a name is cut at a length that no real one has.</summary>
    internal static string Append(string pointer, string name)
    {
        var longer = pointer + "/" + name.Replace("~", "~0").Replace("/", "~1");
        return longer.Length > MaxPointerLength ? longer[..MaxPointerLength] : longer;
    }

    private static (int Start, int End, int Next) Plain(ReadOnlySpan<char> rest)
    {
        var length = rest[1..].IndexOfAny('.', '[');
        var end = length < 0 ? rest.Length : length + 1;
        return (1, end, end);
    }

    // The runtime does not escape quotes inside a name, so a name that holds "']" ends early: the pointer is then too
    // short.
    private static (int Start, int End, int Next) Quoted(ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOf("']", StringComparison.Ordinal);
        return end < 2 ? (2, rest.Length, rest.Length) : (2, end, end + 2);
    }
}
