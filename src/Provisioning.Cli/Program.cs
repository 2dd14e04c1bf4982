using Provisioning.Cli;
using Provisioning.Cli.Output;

return await CommandTree.RunAsync(args, Terminal.Open(), Environment.GetEnvironmentVariable, TimeProvider.System);
