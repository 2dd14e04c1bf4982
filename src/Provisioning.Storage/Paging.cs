using Provisioning.Core.Certificates;

namespace Provisioning.Storage;

/// <summary>Pages are read with one row more than they show: it tells whether there is a next one.</summary>
internal static class Paging
{
    public static Page<T> ToPage<T>(List<T> rows, int limit, Func<T, Cursor> place)
    {
        if (rows.Count <= limit) return new Page<T>(rows, null);
        rows.RemoveRange(limit, rows.Count - limit);
        return new Page<T>(rows, place(rows[^1]));
    }
}
