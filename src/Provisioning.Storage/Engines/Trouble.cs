namespace Provisioning.Storage.Engines;

/// <summary>What an exception in a transaction means for it and for others.</summary>
internal enum Trouble
{
    /// <summary>The operation's own: others in the same batch can still be done.</summary>
    Own,

    /// <summary>Nothing can be stored now (full, locked); the transaction was rolled back.</summary>
    Unavailable,

    /// <summary>The connection is gone. During COMMIT that leaves open whether it happened.</summary>
    ConnectionLost,

    /// <summary>What is on disk is not certain any more: nothing may be written by this process again.</summary>
    Fatal,
}
