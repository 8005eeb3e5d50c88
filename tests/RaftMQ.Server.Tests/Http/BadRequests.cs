namespace RaftMQ.Server.Tests.Http;

/// <summary>Every way to ask wrongly gets an answer that says what is wrong; nothing of it reaches the node.</summary>
public sealed class BadRequests
{
    public static TheoryData<int, string> Cases
    {
        get
        {
            var data = new TheoryData<int, string>();
            foreach ((int number, BadRequestCase each) in BadRequestTable.All.Index())
            {
                data.Add(number, each.Name);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Are_answered_with_what_is_wrong(int number, string name)
    {
        BadRequestCase wrong = BadRequestTable.All.ElementAt(number);
        wrong.Name.ShouldBe(name);
        await using Service service = await Service.StartAsync();

        Reply reply = await RawRequest.SendAsync(service.Address, wrong.Request);

        wrong.ShouldBeAnsweredBy(reply);
        service.Node.Submitted.ShouldBe(0);
    }

    [Fact]
    public void There_are_at_least_sixty_and_no_two_are_the_same() =>
        BadRequestTable.All.Select(each => each.Name).Distinct().Count().ShouldBeGreaterThanOrEqualTo(60);
}
