using Provisioning.Core.Certificates.Naming;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates;

/// <summary>
/// The values at the limits that a profile's templates allow: what is refused at enrollment anyway need not be planned. A profile whose
/// names can never be made is refused here.
/// </summary>
internal sealed class ProfileSamples
{
    // The longest value of an attribute.
    private const int MaxAttribute = 256;
    private const string Group = "\0group";
    private const string Holder = "\0holder";

    private readonly List<NameTemplate> _templates;
    private readonly List<string> _variables;

    private ProfileSamples(Profile profile)
    {
        _templates = [.. profile.Subject, .. profile.AlternativeNames];
        _variables = [.. _templates.SelectMany(template => template.Template.Variables).Select(KeyOf).Distinct()];
    }

    /// <exception cref="ProfileDefectException">A name of the profile can never be made.</exception>
    internal static IReadOnlyList<NameSource> Of(Profile profile)
    {
        var samples = new ProfileSamples(profile);
        if (samples._variables.Count(variable => variable[0] != '\0') > DeviceAttributes.MaxCount)
            throw new ProfileDefectException("/alternativeNames", $"No device has more than {DeviceAttributes.MaxCount} attributes.");
        return [.. samples.Values().Select(ToSource)];
    }

    private static string KeyOf(TemplatePart part) => part switch
    {
        TemplatePart.Attribute(var name) => name,
        TemplatePart.Group => Group,
        _ => Holder,
    };

    private static NameSource ToSource(IReadOnlyDictionary<string, string> values) => new(
        values.GetValueOrDefault(Holder, "a"),
        values.GetValueOrDefault(Group),
        values.Where(pair => pair.Key[0] != '\0').ToDictionary(pair => pair.Key, pair => pair.Value));

    private IEnumerable<Dictionary<string, string>> Values()
    {
        var shortest = _variables.ToDictionary(variable => variable, variable => Make(variable, 1));
        if (Failing(shortest) is { } failing)
            throw new ProfileDefectException(failing.Pointer, "it can never be made. " + failing.Try(ToSource(shortest))!.Detail);

        yield return shortest;
        var longest = new Dictionary<string, string>(shortest);
        foreach (var variable in _variables)
        {
            yield return Longest(variable, shortest);
            longest = Longest(variable, longest);
        }

        yield return longest;
        foreach (var without in WithoutOptional(shortest)) yield return without;
        var foreign = _variables.ToDictionary(variable => variable, variable => variable == Holder ? "Z.:_-9" : "Äß/? %");
        foreach (var variable in _variables)
        {
            var one = new Dictionary<string, string>(shortest) { [variable] = foreign[variable] };
            if (Failing(one) is null) yield return one;
        }
    }

    private IEnumerable<Dictionary<string, string>> WithoutOptional(Dictionary<string, string> shortest)
    {
        var needed = _templates.Where(template => !template.IsOptional)
            .SelectMany(template => template.Template.Variables).Select(KeyOf).Append(Holder).ToHashSet();
        var optional = _variables.Where(variable => !needed.Contains(variable)).ToList();
        foreach (var variable in optional) yield return Without(shortest, [variable]);
        if (optional.Count > 1) yield return Without(shortest, optional);
    }

    private static Dictionary<string, string> Without(Dictionary<string, string> values, IReadOnlyList<string> left) =>
        values.Where(pair => !left.Contains(pair.Key)).ToDictionary(pair => pair.Key, pair => pair.Value);

    // What fits is shorter than what does not, so that halving finds the limit.
    private Dictionary<string, string> Longest(string variable, Dictionary<string, string> others)
    {
        var best = others;
        for (var (low, high) = (2, variable[0] == '\0' ? DeviceId.MaxLength : MaxAttribute); low <= high;)
        {
            var length = (low + high) / 2;
            var values = new Dictionary<string, string>(others) { [variable] = Make(variable, length) };
            if (Failing(values) is null) (best, low) = (values, length + 1);
            else high = length - 1;
        }

        return best;
    }

    private NameTemplate? Failing(Dictionary<string, string> values)
    {
        var source = ToSource(values);
        return _templates.Find(template => template.Try(source) is not null);
    }

    // A variable that is a whole name somewhere must look like one.
    private string Make(string variable, int length)
    {
        var whole = _templates.Where(template => template.Template.IsWhole && KeyOf(template.Template.Variables[0]) == variable).ToList();
        if (whole.OfType<SubjectTemplate>().Any(template => template.Type == SubjectAttribute.Country)) return "DE";
        var kinds = whole.OfType<AlternativeNameTemplate>().Select(template => template.Kind).ToList();
        if (kinds.Contains(NameKind.Ip)) return length == 1 ? "192.0.2.1" : "2001:db8::1";
        const string urn = "urn:dev:a";
        if (kinds.Contains(NameKind.Uri)) return urn + new string('a', Math.Max(0, length - urn.Length));
        return kinds.Contains(NameKind.Dns) ? Labels(length) : new string('a', length);
    }

    // Labels of 63, as few as possible, and none empty at the end.
    private static string Labels(int length)
    {
        var text = new char[length];
        for (var i = 0; i < length; i++) text[i] = i % 64 == 63 && i < length - 1 ? '.' : 'a';
        return new string(text);
    }
}
