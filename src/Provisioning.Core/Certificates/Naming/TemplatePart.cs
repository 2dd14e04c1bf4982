namespace Provisioning.Core.Certificates.Naming;

/// <summary>A piece of a <see cref="Template"/>.</summary>
internal abstract record TemplatePart
{
    private TemplatePart()
    {
    }

    /// <summary>What the piece stands for, as a person would call it.</summary>
    internal virtual string Description => "";

    /// <summary>The text that it stands for, or null when there is none.</summary>
    internal abstract string? ValueIn(NameSource source);

    internal sealed record Literal(string Text) : TemplatePart
    {
        internal override string ValueIn(NameSource source) => Text;
    }

    internal sealed record Holder : TemplatePart
    {
        internal override string Description => "the device ID";

        internal override string ValueIn(NameSource source) => source.Holder;
    }

    internal sealed record Group : TemplatePart
    {
        internal override string Description => "the group";

        internal override string? ValueIn(NameSource source) => source.Group;
    }

    internal sealed record Attribute(string Name) : TemplatePart
    {
        internal override string Description => $"the attribute '{Name}'";

        internal override string? ValueIn(NameSource source) =>
            source.Attributes.TryGetValue(Name, out var value) && value.Length > 0 ? value : null;
    }
}
