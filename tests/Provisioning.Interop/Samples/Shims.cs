namespace Provisioning.Interop.Samples;

/// <summary>Programs in front of those that a script calls, so that a certain call of one of them goes wrong.</summary>
internal sealed class Shims : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("shims-");

    /// <summary>What the script gets for PATH.</summary>
    internal string SearchPath => $"{_folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}";

    /// <summary>Calls whose arguments match fail, and the program is not run.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="pattern">An extended regular expression of bash, for all arguments with a space between them.</param>
    internal void Fail(string program, string pattern) =>
        Write(program, $"[[ ! \" $* \" =~ {pattern} ]] || {{ echo 'it is broken' >&2; exit 7; }}");

    /// <summary>Calls whose arguments match succeed, and leave what this command of the shell writes where the program would write.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="pattern">As above.</param>
    /// <param name="command">Writes to its standard output; <c>$output</c> is the file after <c>-o</c>, if there is one.</param>
    internal void Replace(string program, string pattern, string command) => Write(program, $$"""
        if [[ " $* " =~ {{pattern}} ]]; then
          output=''
          for (( i = 1; i < $#; i++ )); do next=$((i + 1)); [[ ${!i} != -o ]] || output=${!next}; done
          if [[ -n $output ]]; then "$real" "$@" || exit; { {{command}}; } >"$output.shim"; mv "$output.shim" "$output"; else {{command}}; fi
          exit
        fi
        """);

    /// <summary>The program is run, with another text in place of one in its arguments.</summary>
    internal void Redirect(string program, string from, string to) => Write(program, $"set -- \"${{@//{from.Replace("/", @"\/", StringComparison.Ordinal)}/{to}}}\"");

    /// <summary>Writes down how it was called, as everybody on the machine can see.</summary>
    internal void Watch(string program, string file) => Write(program, $"printf '%s\n' \"$*\" >>'{file}'");

    public void Dispose() => _folder.Delete(recursive: true);

    private void Write(string program, string body)
    {
        var path = Path.Combine(_folder.FullName, program);
        File.WriteAllText(path, $"""
            #!/usr/bin/env bash
            real=$(PATH=$(sed 's|{_folder.FullName}:||' <<<"$PATH") command -v {program})
            {body}
            exec "$real" "$@"

            """);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
