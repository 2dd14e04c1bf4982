using Provisioning.Storage;

namespace Provisioning.Tests.Storage;

public sealed partial class OnSqlite : StorageContract
{
    protected override DatabaseOptions Options() => new() { DataDirectory = DataDirectory };
}
