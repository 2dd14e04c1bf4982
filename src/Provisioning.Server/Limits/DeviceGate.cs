using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Provisioning.Core.Enrollment;
using Provisioning.Rest;

namespace Provisioning.Server.Limits;

/// <summary>
/// So many requests of devices are served at once, and no more: who is let in gets an answer soon, and the others are told at once when to
/// come back. One caller never has more than a part of the places, however slowly it sends. Registrars, administrators and relying
/// parties have limits of their own, and are not kept waiting by a fleet.
/// </summary>
internal sealed class DeviceGate : IDisposable
{
    // A device asks one thing at a time; a token or a claim certificate may be for a whole line.
    private const int OfDevice = 4;
    private const int PartOfOthers = 4;

    private readonly Lock _change = new();
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly int _ofOthers;
    private readonly Meter _meter = new("Provisioning.Server");
    private readonly Counter<long> _refused;
    private readonly Backlog _backlog;
    private int _free;

    /// <summary>Opens it.</summary>
    /// <param name="atOnce">How many are served at once.</param>
    /// <param name="time">The clock.</param>
    internal DeviceGate(int atOnce, TimeProvider time)
    {
        _free = atOnce;
        _ofOthers = Math.Max(1, atOnce / PartOfOthers);
        _backlog = new Backlog(time);
        _refused = _meter.CreateCounter<long>(
            "provisioning.devices.turned_away", description: "Requests of devices that were told to come back later, because too many were served.");
    }

    /// <summary>Serves a request, or refuses it with 503 <c>overloaded</c> and a time to come back.</summary>
    internal Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<Caller>() is not { } caller || caller is Caller.Administrator or Caller.Registrar or Caller.RelyingParty)
            return next(context);
        return TryEnter(caller) ? ServeAsync(context, next, caller) : RefuseAsync(context);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private bool TryEnter(Caller caller)
    {
        lock (_change)
        {
            if (_free == 0) return false;
            ref var places = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, caller.Actor, out _);
            if (places >= (caller is Caller.Device ? OfDevice : _ofOthers)) return false;
            places++;
            _free--;
            return true;
        }
    }

    private void Leave(Caller caller)
    {
        lock (_change)
        {
            if (--CollectionsMarshal.GetValueRefOrNullRef(_places, caller.Actor) == 0) _places.Remove(caller.Actor);
            _free++;
        }
    }

    private async Task ServeAsync(HttpContext context, RequestDelegate next, Caller caller)
    {
        try
        {
            await next(context);
        }
        finally
        {
            Leave(caller);
            _backlog.Served();
        }
    }

    private Task RefuseAsync(HttpContext context)
    {
        _refused.Add(1);
        var place = RandomNumberGenerator.GetInt32(1 << 20) / (double)(1 << 20);
        return Problems.WriteAsync(
            context, new Refusal(RefusalCode.Overloaded, "More devices ask than can be served now. Nothing was done; a retry is safe.")
            {
                RetryAfter = _backlog.Refuse(place),
            });
    }
}
