namespace Provisioning.Core.Audit;

/// <summary>Collects what does not agree, without growing for ever.</summary>
internal sealed class Findings
{
    private readonly List<string> _all = [];
    private int _more;

    internal IReadOnlyList<string> All => _more == 0 ? _all : [.. _all, $"… and {_more} more."];

    internal void Add(string finding)
    {
        if (_all.Count < Auditor.MaxFindings) _all.Add(finding);
        else _more++;
    }
}
