namespace Provisioning.Status;

/// <summary>
/// Marks an endpoint that the plain listener may serve. Everything else is refused there, so that forgetting the mark
/// costs an address and not a secret. An attribute of a handler, or metadata of a group.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServedOnPlainHttpAttribute : Attribute;
