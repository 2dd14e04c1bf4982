using Provisioning.Server;
using Provisioning.Server.Verbs;

return args.FirstOrDefault() switch
{
    "init" => await CommandLine.RunAsync(args, InitVerb.RunAsync),
    "audit" => await CommandLine.RunAsync(args, AuditVerb.RunAsync),
    "rollover" => await CommandLine.RunAsync(args, RolloverVerb.RunAsync),
    "clock" => await CommandLine.RunAsync(args, ClockVerb.RunAsync),
    "help" or "--help" or "-h" => CommandLine.Help(),
    _ => await CommandLine.ServeAsync(args),
};
