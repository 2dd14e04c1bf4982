using Provisioning.Core.Credentials;
using QRCoder;

namespace Provisioning.Rest;

/// <summary>A token as a picture for a label.</summary>
internal static class TokenQrCode
{
    private const int PixelsPerModule = 8;

    /// <summary>Draws it, with the quiet zone around it that scanners need (ISO/IEC 18004), correcting 15 percent of damage.</summary>
    /// <param name="token">The token.</param>
    /// <returns>A PNG in black and white.</returns>
    internal static byte[] ToPng(TokenText token)
    {
        using var code = QRCodeGenerator.GenerateQrCode(token.Value, QRCodeGenerator.ECCLevel.M);
        using var picture = new PngByteQRCode(code);
        return picture.GetGraphic(PixelsPerModule);
    }
}
