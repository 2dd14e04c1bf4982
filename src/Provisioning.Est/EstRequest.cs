namespace Provisioning.Est;

/// <summary>What body an operation reads, for the API's description; bodies are read raw, so that nothing else can tell.</summary>
/// <param name="MediaType">Its media type.</param>
public sealed record EstRequest(string MediaType);
