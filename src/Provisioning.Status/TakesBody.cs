namespace Provisioning.Status;

/// <summary>
/// What body an endpoint reads, for the API's description. Not for the router, whose own refusals the plain listener does not serve.
/// </summary>
/// <param name="MediaType">Its media type.</param>
public sealed record TakesBody(string MediaType);
