using System.Diagnostics.CodeAnalysis;

namespace Provisioning.Rest.Wire;

/// <summary>What was read from a request, or the problem with it.</summary>
internal readonly record struct Checked<T>
{
    private readonly T? _value;
    private readonly Problem? _problem;

    private Checked(T? value, Problem? problem) => (_value, _problem) = (value, problem);

    public static implicit operator Checked<T>(T value) => new(value, null);

    public static implicit operator Checked<T>(Problem problem) => new(default, problem);

    internal bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out Problem? problem)
    {
        (value, problem) = (_value, _problem);
        return problem is null;
    }
}
