using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RaftMQ.Bench.Commands;

/// <summary>
/// <c>echo</c>: an HTTP server that reads the request and answers as RaftMQ does, and does nothing else: the floor under every HTTP figure. The
/// benchmark starts it as a process of its own, and it ends when its standard input does.
/// </summary>
internal static class EchoCommand
{
    public static Command Build()
    {
        Option<int> port = SharedOptions.Bounded("--port", "Where it listens; 0 for any.", 0, 0, ushort.MaxValue);
        var command = new Command("echo", "Answer every request with an empty success, print the port, and end with standard input. Used by `http` and `start`.")
        {
            port,
        };
        command.SetAction((arguments, cancellation) => RunAsync(arguments.GetValue(port), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(int port, CancellationToken cancellation)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        await using WebApplication app = builder.Build();
        byte[] answer = """{"success":true}"""u8.ToArray();
        app.Run(async context =>
        {
            byte[] body = new byte[(int)(context.Request.ContentLength ?? 0)];
            await context.Request.Body.ReadExactlyAsync(body, context.RequestAborted);
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = answer.Length;
            await context.Response.BodyWriter.WriteAsync(answer, context.RequestAborted);
        });
        await app.StartAsync(cancellation);
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        await Console.Out.WriteLineAsync(new Uri(address).Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        while (await Console.In.ReadLineAsync(cancellation) is not null)
        {
        }

        await app.StopAsync(CancellationToken.None);
        return 0;
    }
}
