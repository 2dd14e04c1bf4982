namespace Provisioning.Rest.Wire;

/// <summary>Says in the API's description that a text is one of an enumeration's <see cref="WireNames"/>.</summary>
/// <param name="enumeration">The enumeration.</param>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Property)]
public sealed class NamesOfAttribute(Type enumeration) : Attribute
{
    /// <summary>The enumeration.</summary>
    public Type Enumeration => enumeration;
}
