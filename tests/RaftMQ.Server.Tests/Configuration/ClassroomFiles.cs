using RaftMQ.Server.Configuration;

namespace RaftMQ.Server.Tests.Configuration;

/// <summary>The assignment's configuration, in the spellings that answers to it use.</summary>
public sealed class ClassroomFiles
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://127.0.0.1/")]
    [InlineData("HTTP://127.0.0.1")]
    public void The_address_may_look_like_a_url(string ip)
    {
        using var file = new ConfigurationFile($$"""{"addresses":[{"ip":"{{ip}}","port":8567,"internal_port":8568,"name":"ignored"}],"x":1}""");

        ClassroomAddress address = ClassroomConfiguration.Load(file.Path).Addresses.ShouldHaveSingleItem();

        (address.Client.ToString(), address.Peer.ToString()).ShouldBe(("127.0.0.1:8567", "127.0.0.1:8568"));
    }

    [Theory]
    [InlineData("""{"ip":"localhost","port":8567}""")]
    [InlineData("""{"ip":"localhost","port":8567,"internal_port":null}""")]
    public void Without_an_internal_port_peers_share_the_port(string address)
    {
        using var file = new ConfigurationFile($$"""{"addresses":[{{address}}]}""");

        ClassroomAddress read = ClassroomConfiguration.Load(file.Path).Addresses[0];

        read.InternalPort.ShouldBeNull();
        read.Peer.ShouldBe(read.Client);
    }

    [Theory]
    [InlineData("", "line 1, byte 1: this is not JSON")]
    [InlineData("[]", "the list \"addresses\" is missing")]
    [InlineData("""{"addresses":{}}""", "the list \"addresses\" is missing")]
    [InlineData("""{"addresses":[]}""", "addresses: 0 nodes are listed")]
    [InlineData("""{"addresses":[1,2,3,4,5,6,7,8,9,10]}""", "addresses: 10 nodes are listed")]
    [InlineData("""{"addresses":["127.0.0.1:80"]}""", "addresses[0]: a string stands where an object")]
    [InlineData("""{"addresses":[{"port":80}]}""", "addresses[0].ip: the address is missing")]
    [InlineData("""{"addresses":[{"ip":"a"}]}""", "addresses[0].port: the port is missing")]
    [InlineData("""{"addresses":[{"ip":"a","port":"80"}]}""", "addresses[0].port: \"80\" is not a port")]
    [InlineData("""{"addresses":[{"ip":"a","port":0}]}""", "addresses[0].port: 0 is not a port")]
    [InlineData("""{"addresses":[{"ip":"a","port":80,"internal_port":70000}]}""", "addresses[0].internal_port: 70000 is not a port")]
    [InlineData("""{"addresses":[{"ip":"https://a","port":80}]}""", "asks for TLS")]
    [InlineData("""{"addresses":[{"ip":"http://a:80","port":80}]}""", "is not an address")]
    [InlineData("""{"addresses":[{"ip":"","port":80}]}""", "is not an address")]
    [InlineData("""{"addresses":[{"ip":"a","port":80},{"ip":"a","port":80}]}""", "addresses[1].port: a:80 is also the address at addresses[0].port")]
    [InlineData("""{"addresses":[{"ip":"a","port":80,"internal_port":80}]}""", "addresses[0].internal_port: a:80 is also the address at")]
    public void What_is_wrong_is_said_with_its_place(string content, string message)
    {
        using var file = new ConfigurationFile(content);

        string said = Should.Throw<ConfigurationException>(() => ClassroomConfiguration.Load(file.Path)).Message;

        said.ShouldStartWith("config.json: ");
        said.ShouldContain(message);
    }

    [Fact]
    public void State_is_named_by_path_and_content()
    {
        using var one = new ConfigurationFile("""{"addresses":[{"ip":"a","port":80}]}""");
        using var elsewhere = new ConfigurationFile("""{"addresses":[{"ip":"a","port":80}]}""");
        string name = ClassroomConfiguration.Load(one.Path).StateName;

        ClassroomConfiguration.Load(one.Path).StateName.ShouldBe(name);
        ClassroomConfiguration.Load(elsewhere.Path).StateName.ShouldNotBe(name);
        File.WriteAllText(one.Path, """{"addresses":[{"ip":"a","port":81}]}""");
        ClassroomConfiguration.Load(one.Path).StateName.ShouldNotBe(name);
    }
}
