using Provisioning.Core.Devices.Import;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Storage;

public abstract partial class StorageContract
{
    [Fact]
    public async Task A_bad_row_is_kept_whatever_its_text_quotes()
    {
        var chunk = new ImportChunk
        {
            Id = "first",
            From = 0,
            Rows = 1,
            Good = [],
            Bad = [new RowProblem(1, "pump-1", RefusalCode.Malformed, "Unknown field: b\0")],
            Content = NewDigest(),
            Actor = "administrator:a",
            At = Now,
            IsLast = true,
        };

        Assert.Equal((1, 1), Value(await Database.Imports.ImportAsync(chunk, Ct)) is var done ? (done.Rows, done.Bad) : default);
        Assert.Equal("Unknown field: b\uFFFD", Assert.Single(await Database.Imports.ListProblemsAsync("first", 0, 10, Ct)).Detail);
    }
}
