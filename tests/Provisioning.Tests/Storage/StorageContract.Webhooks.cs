using Provisioning.Core.Enrollment;
using Provisioning.Core.Webhooks;

namespace Provisioning.Tests.Storage;

// IWebhookStore.
public abstract partial class StorageContract
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task One_node_at_a_time_has_a_receiver_and_another_one_after_the_lease()
    {
        var webhook = await AddWebhookAsync();
        Assert.Equal(webhook, await LeaseAsync(webhook, "a"));
        Assert.Null(await LeaseAsync(webhook, "b"));
        Assert.NotNull(await LeaseAsync(webhook, "a"));
        Assert.False(await RecordAsync("b", webhook with { Delivered = 99 }));
        Now += Lease;
        Assert.NotNull(await LeaseAsync(webhook, "b"));
        Assert.False(await RecordAsync("a", webhook with { Delivered = 99 }));
        Assert.True(await RecordAsync("b", webhook with { Delivered = 7 }));
        Assert.Equal(7, (await Database.Webhooks.FindWebhookAsync(webhook.Id, Ct))!.Delivered);
    }

    [Fact]
    public async Task A_receiver_that_fails_rests_and_one_that_was_given_up_or_disabled_is_left_alone()
    {
        var webhook = await AddWebhookAsync();
        await LeaseAsync(webhook, "a");
        var failing = webhook with { Attempts = 3, NextAt = Now.AddMinutes(1), FailingSince = Now };
        Assert.True(await RecordAsync("a", failing, TimeSpan.Zero));
        Assert.Null(await LeaseAsync(webhook, "b"));
        Now = Now.AddMinutes(1);
        Assert.Equal(failing, await LeaseAsync(webhook, "b"));
        Assert.True(await RecordAsync("b", failing with { PausedAt = Now }, TimeSpan.Zero));
        Now = Now.AddHours(1);
        Assert.Null(await LeaseAsync(webhook, "b"));

        var disabled = webhook.Definition with { Enabled = false };
        Assert.Equal(RefusalCode.PreconditionFailed, Code(await Database.Webhooks.ChangeWebhookAsync(webhook.Id, disabled, 9, Admin, Now, Ct)));
        var changed = Value(await Database.Webhooks.ChangeWebhookAsync(webhook.Id, disabled, 1, Admin, Now, Ct));
        Assert.Equal((2, null, 0), (changed.Revision, changed.PausedAt, changed.Attempts));
        Assert.Null(await LeaseAsync(webhook, "b"));
        Value(await Database.Webhooks.ChangeWebhookAsync(webhook.Id, webhook.Definition, 2, Admin, Now, Ct));
        Assert.NotNull(await LeaseAsync(webhook, "b"));
    }

    [Fact]
    public async Task What_came_of_an_older_definition_does_not_count_and_a_removed_receiver_is_gone()
    {
        var webhook = await AddWebhookAsync();
        await LeaseAsync(webhook, "a");
        Value(await Database.Webhooks.ChangeWebhookAsync(webhook.Id, webhook.Definition with { Url = "https://b.example/" }, null, Admin, Now, Ct));
        Assert.False(await RecordAsync("a", webhook with { Delivered = 5 }));
        var rotated = Value(await Database.Webhooks.RotateSecretAsync(webhook.Id, Now.AddDays(1), 2, Admin, Now, Ct));
        Assert.Equal((2, Now.AddDays(1), 3), (rotated.Secret, rotated.PreviousUntil, rotated.Revision));
        Value(await Database.Webhooks.RemoveWebhookAsync(webhook.Id, null, Admin, Now, Ct));
        Assert.Equal(RefusalCode.NotFound, Code(await Database.Webhooks.RemoveWebhookAsync(webhook.Id, null, Admin, Now, Ct)));
        Assert.Null(await LeaseAsync(webhook, "a"));
        Assert.Empty(await Database.Webhooks.ListWebhooksAsync(Ct));
        Assert.Equal(
            ["webhook-added", "webhook-changed", "webhook-changed", "webhook-removed"],
            (await AuditAsync()).Select(entry => entry.Action));
    }

    [Fact]
    public async Task Of_the_deliveries_the_newest_are_kept()
    {
        var webhook = await AddWebhookAsync();
        for (var i = 1; i <= IWebhookStore.KeptDeliveries + 5; i++) await Database.Webhooks.RecordTestAsync(webhook.Id, NewDelivery($"test-{i}"), Ct);
        var kept = new List<string>();
        for (var page = await Database.Webhooks.ListDeliveriesAsync(webhook.Id, 150, null, Ct); ;)
        {
            kept.AddRange(page.Items.Select(one => one.Message));
            if (page.NextCursor is not { } cursor) break;
            page = await Database.Webhooks.ListDeliveriesAsync(webhook.Id, 150, cursor, Ct);
        }

        Assert.Equal(Enumerable.Range(6, IWebhookStore.KeptDeliveries).Reverse().Select(i => $"test-{i}"), kept);
    }

    private async Task<Webhook> AddWebhookAsync() => Value(await Database.Webhooks.AddWebhookAsync(
        new Webhook
        {
            Id = Guid.NewGuid().ToString("N").ToUpperInvariant(),
            Definition = new WebhookDefinition { Url = "https://a.example/" },
            Revision = 1,
            Secret = 1,
            PreviousUntil = null,
            Delivered = 0,
            Attempts = 0,
            NextAt = DateTimeOffset.UnixEpoch,
            FailingSince = null,
            PausedAt = null,
            CreatedAt = Now,
            CreatedBy = Admin,
        },
        Ct));

    private Task<Webhook?> LeaseAsync(Webhook webhook, string node) => Database.Webhooks.LeaseWebhookAsync(webhook.Id, node, Now, Now + Lease, Ct);

    private Task<bool> RecordAsync(string node, Webhook after, TimeSpan? keeps = null) =>
        Database.Webhooks.RecordDeliveryAsync(node, after, NewDelivery("7"), Now + (keeps ?? Lease), Ct);

    private WebhookDelivery NewDelivery(string message) => new()
    {
        Number = 0,
        Message = message,
        Type = "provisioning.test",
        At = Now,
        Answer = new WebhookAnswer(500, "The receiver did not take it.", TimeSpan.FromMilliseconds(5)),
    };
}
