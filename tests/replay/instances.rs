use adapters_aws::sdk::Ec2Instances;
use ports::{ErrorKind, InstanceId, Instances};

use crate::{
    answer::{ec2, ec2_error},
    script::Script,
};

fn id() -> InstanceId {
    InstanceId::new("i-0a").unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_reboot_names_the_instance() {
    let script = Script::of([ec2("RebootInstances", "<return>true</return>")]);
    Ec2Instances::new(&script.config().await).reboot(&id()).await.unwrap();
    let form = script.only().form();
    assert_eq!((form["Action"].as_str(), form["InstanceId.1"].as_str()), ("RebootInstances", "i-0a"));
}

#[tokio::test(start_paused = true)]
async fn instances_2_unknown_instance_is_not_found() {
    let gone = ec2_error(400, "InvalidInstanceID.NotFound", "The instance ID 'i-0a' does not exist");
    let error = Ec2Instances::new(&Script::of([gone]).config().await).reboot(&id()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert_eq!(error.detail, "InvalidInstanceID.NotFound: The instance ID 'i-0a' does not exist");
}
