namespace Provisioning.Storage;

/// <summary>The database cannot be used as it is; the message tells the operator why and what to do.</summary>
/// <param name="message">For the operator.</param>
/// <param name="inner">What the engine threw.</param>
public sealed class DatabaseOpenException(string message, Exception? inner = null) : Exception(message, inner);
