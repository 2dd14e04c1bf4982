using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Provisioning.Server.Limits;

/// <summary>A connection that has one of the places of its listener, and what it has done with it.</summary>
internal sealed class HeldConnection
{
    private readonly ConnectionTable _table;
    private readonly ConnectionContext _connection;
    private bool _hasSpoken;
    private volatile bool _isServed;

    internal HeldConnection(ConnectionTable table, ConnectionContext connection, CallerAddress address, long since)
    {
        (_table, _connection, Address, Since) = (table, connection, address, since);
        (Place, Waiting) = (new LinkedListNode<HeldConnection>(this), new LinkedListNode<HeldConnection>(this));
    }

    internal CallerAddress Address { get; }

    /// <summary>When it came, or began to wait for its next request, as a timestamp. Changed by the table.</summary>
    internal long Since { get; set; }

    /// <summary>A request of it is served at this moment.</summary>
    internal bool IsServed => _isServed;

    /// <summary>Its place among those of its address; in no list when it has none any more.</summary>
    internal LinkedListNode<HeldConnection> Place { get; }

    /// <summary>Its place among those that have said nothing yet, or among those that wait for their next request.</summary>
    internal LinkedListNode<HeldConnection> Waiting { get; }

    /// <summary>The connection itself, or null where none is counted.</summary>
    internal static HeldConnection? Of(ConnectionContext connection) => connection.Items.TryGetValue(typeof(HeldConnection), out var held) ? (HeldConnection?)held : null;

    /// <summary>Marks the connection of a request while it is served.</summary>
    internal static async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(typeof(HeldConnection), out var item) is not true || item is not HeldConnection held)
        {
            await next(context);
            return;
        }

        held._hasSpoken = true;
        held._isServed = true;
        held._table.Work(held);
        try
        {
            await next(context);
        }
        finally
        {
            held._isServed = false;
            held._table.Rest(held);
        }
    }

    /// <summary>It has said something. One thread calls this at a time.</summary>
    internal void Speak()
    {
        if (_hasSpoken) return;
        _hasSpoken = true;
        _table.Rest(this);
    }

    /// <summary>Closes it.</summary>
    internal void End() => _connection.Abort(new ConnectionAbortedException("Its place was given to another connection."));
}
