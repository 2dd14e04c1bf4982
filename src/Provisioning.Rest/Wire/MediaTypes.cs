namespace Provisioning.Rest.Wire;

/// <summary>The media types that this API reads and gives.</summary>
public static class MediaTypes
{
    /// <summary>JSON (RFC 8259), always UTF-8.</summary>
    public const string Json = "application/json";

    /// <summary>A certification request, DER (RFC 5967).</summary>
    public const string CertificationRequest = "application/pkcs10";

    /// <summary>One certificate, DER (RFC 2585 §4.1).</summary>
    public const string Certificate = "application/pkix-cert";

    /// <summary>A certificate and those above it, PEM (RFC 8555 §9.1).</summary>
    public const string Chain = "application/pem-certificate-chain";

    /// <summary>A JSON Web Signature in its compact form (RFC 7515 §9.2.1).</summary>
    public const string Jose = "application/jose";

    /// <summary>One JSON object a line, always UTF-8.</summary>
    public const string Lines = "application/x-ndjson";

    /// <summary>Comma-separated values (RFC 4180), always UTF-8.</summary>
    public const string Csv = "text/csv";

    /// <summary>A CRL, DER (RFC 2585 §4.2); PEM is taken too.</summary>
    public const string Crl = "application/pkix-crl";

    /// <summary>Server-sent events (WHATWG HTML §9.2), always UTF-8.</summary>
    public const string Events = "text/event-stream";

    /// <summary>Plain text, ASCII.</summary>
    public const string Text = "text/plain";

    /// <summary>A picture.</summary>
    public const string Png = "image/png";

    /// <summary>Problem details (RFC 9457).</summary>
    public const string Problem = "application/problem+json";
}
