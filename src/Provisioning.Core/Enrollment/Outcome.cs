using System.Diagnostics.CodeAnalysis;

namespace Provisioning.Core.Enrollment;

/// <summary>Either the value that was asked for, or the reason why not. Expected refusals travel here; exceptions are bugs.</summary>
/// <typeparam name="T">What success gives.</typeparam>
public abstract record Outcome<T>
{
    private Outcome()
    {
    }

    /// <summary>It worked.</summary>
    /// <param name="Value">What was asked for.</param>
    public sealed record Success(T Value) : Outcome<T>;

    /// <summary>It was refused, and nothing was changed.</summary>
    /// <param name="Refusal">Why.</param>
    public sealed record Refused(Refusal Refusal) : Outcome<T>;

    /// <summary>Takes the outcome apart.</summary>
    /// <param name="value">The value, on success.</param>
    /// <param name="refusal">The reason, on a refusal.</param>
    /// <returns>True on success.</returns>
    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out Refusal? refusal)
    {
        (value, refusal) = this is Success success ? (success.Value, null) : (default(T), ((Refused)this).Refusal);
        return refusal is null;
    }

    /// <summary>Wraps a value.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator Outcome<T>(T value) => new Success(value);

    /// <summary>Wraps a refusal.</summary>
    /// <param name="refusal">The reason.</param>
    public static implicit operator Outcome<T>(Refusal refusal) => new Refused(refusal);
}
