using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Provisioning.Server.Limits;

/// <summary>
/// Whom an address stands for: an IPv4 address for itself, an IPv6 one for its /64, because whoever has one of these has 2^64 of them.
/// </summary>
/// <param name="Prefix">The bits that tell it, in the highest places for IPv6.</param>
/// <param name="Bits">How many these are; 0 where there is no address.</param>
internal readonly record struct CallerAddress(ulong Prefix, int Bits)
{
    private const int OfIPv4 = 32;
    private const int OfSubnet = 64;
    private const int OfSite = 48;

    /// <summary>Who is likely to have this address and others beside it: the /48 of IPv6, which is what one site gets, or the address itself.</summary>
    internal CallerAddress Site => Bits == OfSubnet ? new CallerAddress(Prefix & (ulong.MaxValue << (OfSubnet - OfSite)), OfSite) : this;

    internal static CallerAddress Of(EndPoint? end) => Of((end as IPEndPoint)?.Address);

    internal static CallerAddress Of(IPAddress? address)
    {
        if (address is null) return default;
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out _);
        if (address.AddressFamily == AddressFamily.InterNetwork) return new CallerAddress(BinaryPrimitives.ReadUInt32BigEndian(octets), OfIPv4);
        return address.IsIPv4MappedToIPv6
            ? new CallerAddress(BinaryPrimitives.ReadUInt32BigEndian(octets[12..]), OfIPv4)
            : new CallerAddress(BinaryPrimitives.ReadUInt64BigEndian(octets), OfSubnet);
    }

    /// <summary>As people write it, such as <c>192.0.2.1</c> or <c>2001:db8:1:2::/64</c>.</summary>
    public override string ToString()
    {
        if (Bits == 0) return "";
        Span<byte> octets = stackalloc byte[16];
        octets.Clear();
        if (Bits != OfIPv4)
        {
            BinaryPrimitives.WriteUInt64BigEndian(octets, Prefix);
            return $"{new IPAddress(octets)}/{Bits}";
        }

        BinaryPrimitives.WriteUInt32BigEndian(octets, (uint)Prefix);
        return new IPAddress(octets[..4]).ToString();
    }
}
