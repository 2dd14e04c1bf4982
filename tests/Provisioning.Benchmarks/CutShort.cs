using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Provisioning.Benchmarks;

/// <summary>What must not outlive a benchmark that is cut short, by Ctrl-C or <c>timeout</c>: the processes that it started, and its folders.</summary>
internal static class CutShort
{
    private static readonly ConcurrentBag<Process> Children = [];
    private static readonly ConcurrentDictionary<string, bool> Folders = new();

    /// <summary>Watches from now on. (Against SIGKILL there is no help.)</summary>
    internal static IDisposable Watch()
    {
        ServerProcess.Started += Children.Add;
        PosixSignal[] signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];
        return new Registrations([.. signals.Select(signal => PosixSignalRegistration.Create(signal, _ => CleanUp()))]);
    }

    /// <summary>Starts a process that ends with this one.</summary>
    internal static Process Start(ProcessStartInfo start)
    {
        var child = Process.Start(start)!;
        Children.Add(child);
        return child;
    }

    /// <summary>A folder that goes with this process.</summary>
    internal static void Add(string folder) => Folders[folder] = true;

    /// <summary>It is gone already.</summary>
    internal static void Remove(string folder) => Folders.TryRemove(folder, out _);

    // The signal then ends this process as it would have.
    private static void CleanUp()
    {
        foreach (var child in Children)
        {
            try
            {
                child.Kill();
                child.WaitForExit();
            }
            catch (InvalidOperationException)
            {
                // It had ended, and was disposed of.
            }
        }

        foreach (var folder in Folders.Keys)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException)
            {
                // This process itself may still write into it.
            }
        }
    }

    private sealed class Registrations(IReadOnlyList<IDisposable> all) : IDisposable
    {
        public void Dispose()
        {
            foreach (var one in all) one.Dispose();
        }
    }
}
