using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;
using Provisioning.Core.Enrollment;
using Provisioning.Server.Errors;
using Provisioning.Server.Tls;

namespace Provisioning.Server.Limits;

/// <summary>
/// So many requests of devices are served at once, and no more: who is let in gets an answer soon, and the others are told at once when to
/// come back. One caller never has more than a few of the places, and has none while it still sends. Registrars, administrators and relying
/// parties have limits of their own, and are not kept waiting by a fleet.
/// </summary>
internal sealed class DeviceGate : IDisposable
{
    // A device asks one thing at a time, whatever it shows; a token with many uses may be for a whole line.
    private const int OfDevice = 4;
    private const int OfLine = 16;
    private const int LargestPart = 4;

    private readonly Lock _change = new();
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly int _ofLine;
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
        _ofLine = Math.Clamp(atOnce / LargestPart, 1, OfLine);
        _backlog = new Backlog(time);
        _refused = _meter.CreateCounter<long>(
            "provisioning.devices.turned_away", description: "Requests of devices that were told to come back later, because too many were served.");
    }

    /// <summary>Serves a request, or refuses it with 503 <c>overloaded</c> and a time to come back.</summary>
    internal async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<Caller>() is not { } caller || caller is Caller.Administrator or Caller.Registrar or Caller.RelyingParty)
        {
            await next(context);
            return;
        }

        await AwaitBodyAsync(context);
        var key = CallerLimits.KeyOf(caller, context.Connection.RemoteIpAddress);
        await (TryEnter(key, caller is Caller.Token { Facts.Uses: > 1 } ? _ofLine : OfDevice) ? ServeAsync(context, next, key) : RefuseAsync(context));
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    // Nothing is taken from it: it waits where the endpoint will read it. One that is longer than any that a device may send is left to the
    // endpoint, which refuses it without waiting for the rest.
    private static async Task AwaitBodyAsync(HttpContext context)
    {
        var isShort = context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
            && !(context.Request.ContentLength > HttpsListener.MaxRequestBody);
        while (isShort)
        {
            var read = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
            context.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted || read.IsCanceled || read.Buffer.Length > HttpsListener.MaxRequestBody) return;
        }
    }

    private bool TryEnter(string key, int most)
    {
        lock (_change)
        {
            if (_free == 0) return false;
            ref var places = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, key, out _);
            if (places >= most) return false;
            places++;
            _free--;
            return true;
        }
    }

    private void Leave(string key)
    {
        lock (_change)
        {
            if (--CollectionsMarshal.GetValueRefOrNullRef(_places, key) == 0) _places.Remove(key);
            _free++;
        }
    }

    private async Task ServeAsync(HttpContext context, RequestDelegate next, string key)
    {
        try
        {
            await next(context);
        }
        finally
        {
            Leave(key);
            _backlog.Served();
        }
    }

    private Task RefuseAsync(HttpContext context)
    {
        _refused.Add(1);
        var place = RandomNumberGenerator.GetInt32(1 << 20) / (double)(1 << 20);
        return DoorErrors.WriteAsync(
            context, new Refusal(RefusalCode.Overloaded, "More devices ask than can be served now. Nothing was done; a retry is safe.")
            {
                RetryAfter = _backlog.Refuse(place),
            });
    }
}
