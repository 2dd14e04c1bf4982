using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Provisioning.Tests.Server;

/// <summary>Keeps what the service logs, so that tests can look for what must be there, and for what must not.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    internal IReadOnlyCollection<string> All => _lines;

    /// <summary>Less the damaged rows: a process tells of each once, wherever it was met, and other tests damage some beside this one.</summary>
    internal IReadOnlyList<string> OfThisServer => [.. _lines.Where(line => !line.Contains("is damaged, and left out", StringComparison.Ordinal))];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) _lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");
    }

    public void Dispose()
    {
    }
}
