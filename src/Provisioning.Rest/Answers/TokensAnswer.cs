using System.Text;
using Microsoft.AspNetCore.Http;
using Provisioning.Core.Credentials;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Answers;

/// <summary>201 with tokens that were just made: the only answer that ever holds their texts.</summary>
internal sealed class TokensAnswer(IReadOnlyList<NewToken> tokens, AnswerForm form, bool withQrCode, DateTimeOffset now) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = StatusCodes.Status201Created;
        if (tokens is [var only]) response.Headers.Location = $"{RestEndpoints.Root}/tokens/{only.Facts.Id}";
        return form switch
        {
            AnswerForm.Text => BufferedBody.WriteAsync(
                response, MediaTypes.Text, Encoding.ASCII.GetBytes(string.Concat(tokens.Select(token => token.Text.Value + "\n")))),
            AnswerForm.Png => BufferedBody.WriteAsync(response, MediaTypes.Png, TokenQrCode.ToPng(tokens[0].Text)),
            _ => BufferedBody.WriteAsync(response, MediaTypes.Json, RestJson.Write(new ListDocument<TokenDocument>
            {
                Items = [.. tokens.Select(token => TokenDocument.Of(token, now, withQrCode))],
            })),
        };
    }
}
